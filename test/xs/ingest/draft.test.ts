import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { fillDraft } from '../../../xs/ingest/draft.ts';
import { SentFiles } from '../../../xs/ingest/sent.ts';
import { inEntry } from '../../../xs/storage/paths.ts';
import { readVersions } from '../../../xs/storage/snapshots.ts';
import { flipBit } from '../integrity/damage-library.ts';
import {
  backUp,
  type Journal,
  type JournalEntry,
  makeLibrary,
  metadataOf,
  newest,
  uidOf,
} from '../library.ts';

const test = suite('a draft has every entry of the base, or says which one is lost');

const DRAWING = { title: 'a drawing', content: 'many lines' };
const EMPTY = { title: 'an activity without a file', content: null };
const JOURNAL: Journal = new Map<Uid, JournalEntry>([
  [uidOf(1), DRAWING],
  [uidOf(2), EMPTY],
]);
const SIZE = metadataOf(DRAWING).length + 10 + metadataOf(EMPTY).length;

/** A draft of the same entries, after something happened to the base. */
async function draftAfter(
  spoil: (base: string, library: ReturnType<typeof makeLibrary>) => void,
  options: Parameters<typeof makeLibrary>[0] = {},
) {
  const library = makeLibrary(options);
  await backUp(library, JOURNAL);
  const snapshot = newest(library);
  const versions = readVersions(snapshot);
  spoil(snapshot.folder, library);
  const draft = join(library.folder, 'draft');
  mkdirSync(draft);
  const parts = {
    base: { snapshot, versions, lost: new Set<Uid>() },
    versions,
    verified: new Map(),
    files: new SentFiles(),
  };
  const fill = () => fillDraft(library.context, draft, parts);
  return { library, base: snapshot.folder, draft, fill };
}

test('whole entries are links to the same content, and their bytes are counted', async () => {
  const { library, base, draft, fill } = await draftAfter(() => {});
  using _library = library;
  assert.equal(await fill(), { bytes: SIZE, lost: [] });
  assert.equal(readdirSync(draft), [uidOf(1), `${uidOf(1)}.metadata`, `${uidOf(2)}.metadata`]);
  for (const name of readdirSync(draft)) {
    assert.is(lstatSync(join(draft, name)).ino, lstatSync(join(base, name)).ino, name);
  }
});

type Spoil = Parameters<typeof draftAfter>[0];
const LOSSES: [string, Spoil][] = [
  ['content that is missing', (base) => rmSync(inEntry(base, uidOf(1)).content)],
  ['metadata that are missing', (base) => rmSync(inEntry(base, uidOf(1)).metadata)],
  [
    'content that is known to be damaged',
    (base, { context: { pool } }) => {
      pool.condemn(inEntry(base, uidOf(1)).content, digestOf(DRAWING.content));
    },
  ],
  [
    'metadata that differ, where the content is missing',
    (base) => {
      flipBit(inEntry(base, uidOf(1)).metadata);
      rmSync(inEntry(base, uidOf(1)).content);
    },
  ],
];
for (const [what, spoil] of LOSSES) {
  test(`${what}: the entry is lost, the other one is not`, async () => {
    const { library, draft, fill } = await draftAfter(spoil);
    using _library = library;
    const { bytes, lost } = await fill();
    assert.equal(lost, [uidOf(1)]);
    assert.is(bytes, metadataOf(EMPTY).length);
    assert.ok(readdirSync(draft).includes(`${uidOf(2)}.metadata`));
  });
}

test('metadata that differ go out of the pool, so that the laptop can mend them', async () => {
  const { library, fill } = await draftAfter((base) => {
    flipBit(inEntry(base, uidOf(2)).metadata);
  });
  using _library = library;
  assert.equal((await fill()).lost, [uidOf(2)]);
  assert.is(library.context.pool.damage.list().length, 1);
});

test('content of an entry that has none is not taken over as soon as it needs a new inode', async () => {
  const { library, fill } = await draftAfter(
    (base) => {
      const { content } = inEntry(base, uidOf(2));
      writeFileSync(content, 'where does this come from?');
    },
    { maxLinks: 1 },
  );
  using _library = library;
  assert.equal((await fill()).lost, [uidOf(2)]);
});

test('what is not damage is not taken for it: it ends the attempt', async () => {
  const { library, draft, fill } = await draftAfter(() => {});
  using _library = library;
  writeFileSync(inEntry(draft, uidOf(1)).metadata, 'in the way');
  let code = '';
  try {
    await fill();
  } catch (error) {
    code = (error as NodeJS.ErrnoException).code ?? '';
  }
  assert.is(code, 'EEXIST');
});

test.run();
