/** The Journal of Sugar 0.82, as it lies on a laptop that no newer Sugar was started on. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refuseFirstLayout } from '../../../agent/journal/each-layout.ts';
import { fileSystemMoment, scanJournal } from '../../../agent/journal/scan.ts';
import { inBatch, type Paths } from '../../../agent/paths.ts';
import { DsError } from '../../../shared/errors.ts';
import type { Uid } from '../../../shared/ids.ts';
import { decodeEntry } from '../../../shared/journal/entry.ts';
import { putFirst } from '../../journal/first-layout.ts';
import { makeProfile, putEntry, uidOf } from './journal.ts';
import { stage } from './staging.ts';

const test = suite('the Journal of Sugar 0.82');

const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]);

const inStore = ({ journal }: Paths, name: string) => join(journal, 'store', name);

/** The entry as it was staged, as text. */
function staged(paths: Paths, uid: Uid): Record<string, string> {
  const { metadata } = inBatch(join(paths.staging, 'batch-1'), uid);
  const { properties } = decodeEntry(readFileSync(metadata));
  return Object.fromEntries([...properties].map(([name, bytes]) => [name, bytes.toString()]));
}

test('is backed up as it is, with contents, pictures and times', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putFirst(paths.journal, uidOf(1), { content: 'drawn', picture: PICTURE });
  putFirst(paths.journal, uidOf(2), { properties: { title: 'Ñandú', timestamp: 1217000001.5 } });
  writeFileSync(inStore(paths, 'index'), ''); // and whatever else Sugar had there
  const { problems, read } = await stage(paths);
  assert.equal(problems, []);
  assert.equal([...read.keys()].sort(), [1, 2].map(uidOf));
  const { content, metadata } = inBatch(join(paths.staging, 'batch-1'), uidOf(1));
  assert.is(readFileSync(content, 'utf8'), 'drawn');
  assert.ok(decodeEntry(readFileSync(metadata)).properties.get('preview')?.equals(PICTURE));
  const { title, timestamp, mtime, keep } = staged(paths, uidOf(1));
  assert.equal([title, timestamp, keep], ['A drawing', '1217000000', '0']);
  assert.is(mtime, '2008-07-25T15:33:20.123456', 'nothing is rounded');
  const second = staged(paths, uidOf(2));
  assert.equal([second.title, second.timestamp], ['Ñandú', '1217000001.5']);
  assert.ok(existsSync(inStore(paths, uidOf(1))), 'and nothing is converted');
});

test('is not read again until something of it changes', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 0; n < 6; n += 1) {
    putFirst(paths.journal, uidOf(n), { content: `content ${n}`, picture: PICTURE });
  }
  const { read } = await stage(paths);
  const again = await stage(paths, { known: read });
  assert.equal([again.scan.toRead.length, again.scan.unchanged.size], [0, 6]);
  assert.is(again.scan.renamed.size, 6, 'and is sent again from where it is');
  writeFileSync(inStore(paths, uidOf(1)), 'in place!');
  writeFileSync(inStore(paths, `preview/${uidOf(2)}`), 'another');
  putFirst(paths.journal, uidOf(3), { properties: { title: 'New' }, content: 'content 3' });
  rmSync(inStore(paths, uidOf(4)));
  rmSync(inStore(paths, `${uidOf(5)}.metadata`));
  const { scan } = await stage(paths, { known: read });
  assert.equal([...scan.unchanged.keys()], [uidOf(0)]);
  assert.equal(scan.toRead.map(({ entry }) => entry.uid).sort(), [1, 2, 3, 4].map(uidOf));
});

test('has problems of single entries, with what is good of them', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 1; n <= 6; n += 1) putFirst(paths.journal, uidOf(n), { content: `content ${n}` });
  truncateSync(inStore(paths, `${uidOf(1)}.metadata`));
  rmSync(inStore(paths, uidOf(2)));
  symlinkSync('/etc/hostname', inStore(paths, uidOf(2)));
  mkdirSync(inStore(paths, `preview/${uidOf(3)}`));
  putFirst(paths.journal, uidOf(4), { properties: { [`${'x'.repeat(300)}`]: 'x', title: 'T' } });
  rmSync(inStore(paths, `${uidOf(5)}.metadata`));
  mkdirSync(inStore(paths, `${uidOf(5)}.metadata`));
  const { problems, read } = await stage(paths);
  const told = new Map(problems.map(({ uid, partial }) => [uid, partial === true]));
  assert.equal(
    [...told].sort(),
    [
      [uidOf(1), true], // its content is there
      [uidOf(2), false],
      [uidOf(3), true],
      [uidOf(4), true],
      [uidOf(5), false],
    ].sort(),
  );
  assert.equal([...read.keys()].sort(), [1, 3, 4, 6].map(uidOf));
  assert.is(
    readFileSync(inBatch(join(paths.staging, 'batch-1'), uidOf(1)).content, 'utf8'),
    'content 1',
  );
  assert.is(staged(paths, uidOf(4)).title, 'T');
});

test('has everything of both where a conversion was cut off, and nothing else once it is done', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'moved', { preview: PICTURE });
  putFirst(paths.journal, uidOf(1), { properties: { title: 'Of 2008' } });
  putFirst(paths.journal, uidOf(2), { content: 'not yet' });
  const { read } = await stage(paths);
  assert.equal([...read.keys()].sort(), [1, 2].map(uidOf));
  const { content } = inBatch(join(paths.staging, 'batch-1'), uidOf(1));
  assert.is(readFileSync(content, 'utf8'), 'moved');
  const { title, preview } = staged(paths, uidOf(1));
  assert.ok(title === 'Of 2008' && preview);
  putEntry(paths, uidOf(1), 'moved and changed');
  const { scan } = await stage(paths, { known: read });
  assert.equal([...scan.unchanged.keys()], [uidOf(2)], 'a change of either half is seen');
  for (const version of ['1', '5', '6']) {
    writeFileSync(paths.journalVersion, version);
    const after = await scanJournal(paths, new Map(), () => fileSystemMoment(paths.own));
    assert.equal(
      after.toRead.map(({ entry }) => entry.uid),
      [uidOf(1)],
      'the store is a leftover',
    );
    refuseFirstLayout(paths);
  }
});

test('is not given to a newer Sugar, which spoils it, by an act of ours', () => {
  using profile = makeProfile();
  const { paths } = profile;
  refuseFirstLayout(paths);
  putFirst(paths.journal, uidOf(1));
  for (const version of [undefined, '', '0', 'x']) {
    if (version !== undefined) writeFileSync(paths.journalVersion, version);
    let error: unknown;
    try {
      refuseFirstLayout(paths);
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof DsError && error.code === 'unreadable');
    assert.match(`${error.message} ${error.hint}`, /Sugar 0.82.*"ds-backup now"/);
  }
});

test.run();
