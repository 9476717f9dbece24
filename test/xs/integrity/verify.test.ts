import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../shared/journal/entry.ts';
import { type Finding, type Totals, verifySnapshots } from '../../../xs/integrity/verify.ts';
import { inLaptop, inPool } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { backUp, newest, SERIAL, type TestLibrary, uidOf } from '../library.ts';
import { drawings, flipBit, libraryWith } from './damage-library.ts';

const test = suite('verify reads whole snapshots and says what is wrong');

async function verify(library: TestLibrary) {
  const findings: Finding[] = [];
  const run = verifySnapshots(library.paths, [SERIAL]);
  for (;;) {
    const { value, done } = await run.next();
    if (done) return { findings, totals: value as Totals };
    findings.push(value as Finding);
  }
}

function about({ findings }: { findings: Finding[] }): string[] {
  return findings.map(({ what, snapshot, path }) => `${what} ${path.split(`${snapshot}/`)[1]}`);
}

test('sound snapshots have no findings, and what they share is read once', async () => {
  using library = await libraryWith(drawings(10));
  await backUp(library, drawings(11));
  const { findings, totals } = await verify(library);
  assert.equal(findings, []);
  const bytes = newest(library).bytes;
  assert.equal(totals, { snapshots: 2, entries: 21, files: 22, bytes, damaged: 0 });
});

test('one flipped bit is found in every snapshot that has it', async () => {
  using library = await libraryWith(drawings(5));
  await backUp(library, drawings(6));
  flipBit(inPool(library.paths, digestOf(' drawing 3')).file(0));
  const { findings, totals } = await verify(library);
  const want = listSnapshots(library.paths, SERIAL).map(({ name }) => ({
    serial: SERIAL,
    snapshot: name,
    what: 'damaged',
    path: `${SERIAL}/${name}/${uidOf(3)}`,
  }));
  const order = (list: { path: string }[]) => list.sort((a, b) => (a.path < b.path ? -1 : 1));
  assert.equal(order(findings), order(want));
  assert.is(totals.damaged, 2);
});

const content = (folder: string) => join(folder, uidOf(1));
const metadata = (folder: string) => `${content(folder)}.metadata`;
const SPOILT: [what: string, spoil: (folder: string) => void, finding: string][] = [
  ['content is gone', (folder) => rmSync(content(folder)), `missing ${uidOf(1)}`],
  ['content is cut short', (folder) => truncateSync(content(folder), 2), `damaged ${uidOf(1)}`],
  ['metadata are gone', (folder) => rmSync(metadata(folder)), `missing ${uidOf(1)}.metadata`],
  ['metadata are damaged', (folder) => flipBit(metadata(folder)), `damaged ${uidOf(1)}.metadata`],
  ['something is too much', (folder) => writeFileSync(join(folder, 'x'), ''), 'extra x'],
  [
    'content where there should be none',
    (folder) => copyFileSync(content(folder), join(folder, uidOf(9))),
    `extra ${uidOf(9)}`,
  ],
  [
    'content is a folder',
    (folder) => {
      rmSync(content(folder));
      mkdirSync(content(folder));
    },
    `damaged ${uidOf(1)}`,
  ],
  ['SUMS are damaged', (folder) => flipBit(join(folder, 'SUMS.gz')), 'unreadable SUMS.gz'],
  ['SUMS are gone', (folder) => rmSync(join(folder, 'SUMS.gz')), 'unreadable SUMS.gz'],
  ['MANIFEST is gone', (folder) => rmSync(join(folder, 'MANIFEST')), 'unreadable MANIFEST'],
  [
    'MANIFEST is cut short',
    (folder) => truncateSync(join(folder, 'MANIFEST'), 40),
    'unreadable MANIFEST',
  ],
];
for (const [what, spoil, finding] of SPOILT) {
  test(`${what}: "${finding}"`, async () => {
    using library = await libraryWith(drawings(3));
    const { folder } = newest(library);
    chmodSync(folder, 0o750);
    spoil(folder);
    assert.equal(about(await verify(library)), [finding]);
  });
}

test('what the shrink guard holds aside is read, too', async () => {
  using library = await libraryWith(drawings(3));
  const { folder, name } = newest(library);
  const laptop = inLaptop(library.paths, SERIAL);
  mkdirSync(laptop.held);
  renameSync(folder, laptop.heldSnapshot(name));
  flipBit(content(laptop.heldSnapshot(name)));
  const { findings } = await verify(library);
  assert.equal(
    findings.map(({ snapshot, what }) => [snapshot, what]),
    [[`held/${name}`, 'damaged']],
  );
});

test('it tells how far it is, and stops when it is told to', async () => {
  using library = await libraryWith(drawings(3));
  await backUp(library, drawings(4));
  const stop = new AbortController();
  const seen: number[] = [];
  const onProgress = ({ snapshots }: Totals) => {
    seen.push(snapshots);
    stop.abort(new Error('enough'));
  };
  const run = verifySnapshots(library.paths, [SERIAL], { signal: stop.signal, onProgress });
  try {
    await run.next();
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'enough');
  }
  assert.equal(seen, [1]);
});

test.run();
