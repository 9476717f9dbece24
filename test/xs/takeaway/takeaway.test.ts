import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../../shared/errors.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { parseTakenEntries, TAKEAWAY } from '../../../shared/journal/takeaway.ts';
import { FileNames } from '../../../shared/words/file-name.ts';
import { takeaway } from '../../../xs/commands/away/takeaway.ts';
import { TERMINAL_WORDS } from '../../../xs/commands/lines.ts';
import { packThings } from '../../../xs/takeaway/archive.ts';
import { findThings } from '../../../xs/takeaway/things.ts';
import { soak } from '../../soak.ts';
import { flipBit } from '../integrity/damage-library.ts';
import {
  backUp,
  type Journal,
  makeLibrary,
  metadataOf,
  newest,
  SERIAL,
  type TestLibrary,
  uidOf,
} from '../library.ts';
import { unpack } from './unpack.ts';

const test = suite("a child's takeaway");

const HOSTILE = [
  '../../etc/passwd',
  '<script>alert(1)</script>',
  'a\u0000b\u202Ecod.exe',
  'CON',
  'x'.repeat(400),
  '🦓'.repeat(90),
  'Éric',
  'E\u0301ric',
  'ÉRIC',
  '   ',
  '.hidden',
  'a\\b/c:d*e?f"g<h>i|j',
  '"><img src=x onerror=alert(1)>',
  '%2e%2e%2f',
  'dot. . .',
];

function hostile(): Journal {
  return new Map(
    HOSTILE.map((title, n) => {
      const properties = { mime_type: 'text/plain', timestamp: String(1_700_000_000 + n) };
      return [uidOf(n), { title, content: `content ${n}`, properties }];
    }),
  );
}

/** Runs the command; returns its exit code, what it printed, and where the archive is. */
async function take(library: TestLibrary, flags: { all?: boolean } = {}) {
  const file = join(library.folder, `taken-${Math.random()}.zip`);
  let printed = '';
  const code = await takeaway.run({
    ...{ paths: library.paths, args: [SERIAL, file], flags, progress: () => {} },
    print: (text) => {
      printed += text;
    },
    signal: new AbortController().signal,
  });
  return { code, printed, file };
}

test('hostile titles: names that every system can unpack, a page without scripts, all content', async () => {
  using library = makeLibrary();
  await backUp(library, hostile());
  const { file, printed } = await take(library);
  assert.match(printed, /^15 things, /);
  const found = unpack(file);
  const names = [...found.keys()].filter((name) => name.startsWith('journal/'));
  assert.is(names.length, HOSTILE.length);
  assert.is(new Set(names.map((name) => name.normalize('NFKC').toLowerCase())).size, names.length);
  for (const name of names) {
    const base = name.slice('journal/'.length);
    assert.ok(Buffer.byteLength(base) <= 170 && base.endsWith('.txt'), name);
    assert.not.match(base, /[\p{C}/\\:*?"<>|]|^\.|^con\.|[. ]$/iu);
  }
  const page = found.get('index.html')?.text ?? '';
  assert.not.match(page, /<script|<img src=x|https?:/);
  for (const name of names) {
    assert.ok(page.includes(`"${name.split('/').map(encodeURIComponent).join('/')}"`), name);
  }
  const list = parseTakenEntries(found.get(TAKEAWAY.entries)?.text ?? '');
  for (const [uid, entry] of hostile()) {
    const taken = list.find((one) => one.uid === uid);
    assert.is(found.get(taken?.file ?? '')?.sha256, digestOf(entry.content ?? ''));
    const metadata = TAKEAWAY.metadata(digestOf(metadataOf(entry)));
    assert.is(found.get(metadata)?.sha256, digestOf(metadataOf(entry)));
  }
});

test('what was removed comes too, in another folder; older versions on request', async () => {
  using library = makeLibrary();
  const entry = (title: string, content: string) => ({ title, content });
  await backUp(
    library,
    new Map([
      [uidOf(1), entry('a', '1')],
      [uidOf(2), entry('gone', '2')],
    ]),
  );
  await backUp(
    library,
    new Map([
      [uidOf(1), entry('a', 'new')],
      [uidOf(3), entry('b', '3')],
    ]),
  );
  const placesIn = (file: string) => {
    const lines = parseTakenEntries(unpack(file).get(TAKEAWAY.entries)?.text ?? '');
    return lines.map(({ uid, place }) => `${place} ${uid.slice(-1)}`).sort();
  };
  assert.equal(placesIn((await take(library)).file), ['journal 1', 'journal 3', 'removed 2']);
  assert.equal(placesIn((await take(library, { all: true })).file), [
    ...['journal 1', 'journal 3', 'older 1', 'removed 2'],
  ]);
});

test('what is damaged is replaced by an older version, or named; nothing wrong is packed', async () => {
  using library = makeLibrary();
  const entry = (title: string, content: string) => ({ title, content });
  await backUp(library, new Map([[uidOf(1), entry('a', 'old one')]]));
  await backUp(
    library,
    new Map([
      [uidOf(1), entry('a', 'new one')],
      [uidOf(2), entry('b', 'bb')],
    ]),
  );
  for (const n of [1, 2]) flipBit(join(newest(library).folder, uidOf(n)));
  const { code, printed, file } = await take(library);
  assert.is(code, 3);
  assert.match(printed, new RegExp(`without ${uidOf(2)}: .*damaged`));
  const found = unpack(file);
  assert.match(printed, /an older version of "a": the newest is damaged/);
  assert.is(found.get('journal/a')?.text, 'old one');
  assert.match(found.get('index.html')?.text ?? '', /1 thing is damaged at school/);
});

test('damage that comes while it is packed ends it, and leaves no file', async () => {
  using library = makeLibrary();
  await backUp(library, hostile());
  const things = await findThings(library.paths, [SERIAL]);
  flipBit(join(newest(library).folder, uidOf(9)));
  const made = new Date();
  const of = { serial: SERIAL, nick: 'J', words: TERMINAL_WORDS, language: 'en', made };
  const { stream } = await packThings(things, of);
  const target = createWriteStream(join(library.folder, 'broken.zip'));
  const error = await pipeline(stream, target).catch((cause: unknown) => cause);
  assert.ok(error instanceof DsError && error.code === 'damaged', String(error));
});

test('a target that exists or has no folder is refused, and nothing stays', async () => {
  using library = makeLibrary();
  await backUp(library, hostile());
  const { file } = await take(library);
  const context = {
    ...{ paths: library.paths, flags: {}, progress: () => {}, print: () => {} },
    signal: new AbortController().signal,
  };
  for (const target of [file, '/nowhere/at/all.zip', '/dev/null/x.zip']) {
    const error = await takeaway
      .run({ ...context, args: [SERIAL, target] })
      .catch((cause: unknown) => cause);
    assert.ok(error instanceof DsError && error.code === 'usage', target);
  }
  assert.equal(
    readdirSync(library.folder).filter((name) => name.includes('tmp-')),
    [],
  );
});

test('many entries (ten thousand in the soak), and the size is known beforehand', async () => {
  using library = makeLibrary();
  await backUp(library, new Map([[uidOf(1), { title: 'one', content: 'x'.repeat(1000) }]]));
  const { things, leftOut } = await findThings(library.paths, [SERIAL]);
  const [one] = things;
  if (!one) throw new Error('nothing was found');
  const count = soak(10_000, 500);
  const names = new FileNames();
  const many = Array.from({ length: count }, (_, n) => {
    const title = n % 3 === 0 ? 'the same' : `title ${n}`;
    return { ...one, title, file: `journal/${names.next(title, 'text/plain')}` };
  });
  const file = join(library.folder, 'many.zip');
  const of = { serial: SERIAL, nick: '', words: TERMINAL_WORDS, language: 'en', made: new Date() };
  const { stream, size } = await packThings({ things: many, leftOut }, of);
  await pipeline(stream, createWriteStream(file));
  const found = unpack(file);
  assert.is([...found.keys()].filter((name) => name.startsWith('journal/')).length, count);
  assert.is(statSync(file).size, size);
});

test('names: numbers tell equal ones apart, also those that somebody numbered herself', () => {
  const names = new FileNames();
  const given = ['a', 'a', 'A', 'a (2)', 'a'].map((title) => names.next(title, 'text/plain'));
  assert.is(new Set(given.map((name) => name.toLowerCase())).size, given.length, given.join());
});

test('a file of 4 GiB and a byte, and one beyond it, by ZIP64', async () => {
  const bytes = soak(2 ** 32 + 1, 2 ** 16 + 1);
  const folder = mkdtempSync(join(tmpdir(), 'ds-large-'));
  try {
    using library = makeLibrary();
    await backUp(library, new Map([[uidOf(1), { title: 'large', content: 'small' }]]));
    const found = await findThings(library.paths, [SERIAL]);
    const [one] = found.things;
    if (!one?.content) throw new Error('nothing was found');
    const path = join(folder, 'large');
    writeFileSync(path, '');
    truncateSync(path, bytes);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(path)) hash.update(piece);
    const large = { path, size: bytes, digest: hash.digest('hex') as never };
    const things = [
      { ...one, content: large },
      { ...one, file: 'journal/after.txt' },
    ];
    const file = join(folder, 'large.zip');
    const made = new Date();
    const of = { serial: SERIAL, nick: '', words: TERMINAL_WORDS, language: 'en', made };
    const { stream } = await packThings({ things, leftOut: [] }, of);
    await pipeline(stream, createWriteStream(file));
    const names = unpack(file);
    assert.is(names.get(one.file)?.size, bytes);
    assert.is(names.get(one.file)?.sha256, large.digest);
    assert.is(names.get('journal/after.txt')?.sha256, one.content.digest);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
