/** A library that is not there, not whole, or another one, is not taken for a new school. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isStillThere } from '../../../xs/storage/library-id.ts';
import { hostKey, inState, libraryId, type Paths } from '../../../xs/storage/paths.ts';
import { refusedLater } from '../../shared/refused.ts';
import { openWhole } from '../whole.ts';

const test = suite('which library this is');

/** A school that was served, after something happened to it while it was off. */
async function after(
  happens: (paths: Paths) => void,
  then: (open: () => Promise<Paths>) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'ds-library-'));
  const open = async () => {
    await using whole = await openWhole('', { folder });
    return whole.library.paths;
  };
  try {
    const paths = await open();
    writeFileSync(hostKey(paths), 'a key');
    happens(paths);
    await then(open);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const REFUSED: [what: string, happens: (paths: Paths) => void, words: RegExp][] = [
  [
    'an empty mount point',
    ({ library }) => unmounted(library),
    /is empty: its disk may not be mounted/,
  ],
  ['no folder', ({ library }) => rmSync(library, { recursive: true }), /may not be mounted/],
  [
    'a copy without its dot names',
    ({ library }) => {
      for (const name of readdirSync(library)) {
        if (name.startsWith('.')) rmSync(join(library, name), { recursive: true });
      }
    },
    /not whole: its names that begin with a dot are missing/,
  ],
];
for (const [what, happens, words] of REFUSED) {
  test(`${what} is refused with the way out, and nothing is made there`, () =>
    after(happens, async (open) => {
      const error = await refusedLater(open(), 'config', words);
      assert.match(
        error.hint ?? '',
        /mount the right disk.*to serve this library.*remove .*library-id/,
      );
    }));
}

test('another library is refused, until somebody says that it is right', async () => {
  let known = '';
  await after(
    (paths) => {
      known = inState(paths).libraryId;
      const { state } = paths;
      const keep = readFileSync(known);
      for (const path of [libraryId(paths), known]) rmSync(path);
      renameSync(state, `${state}-old`);
      mkdirSync(state);
      writeFileSync(known, keep);
      const other = readFileSync(known, 'utf8');
      writeFileSync(libraryId(paths), other);
      rmSync(known);
    },
    async (open) => {
      // A state that knows nothing learns which library it is.
      const paths = await open();
      assert.equal(readFileSync(known), readFileSync(libraryId(paths)));
      const mine = readFileSync(known);
      rmSync(libraryId(paths));
      rmSync(known);
      await open();
      assert.not.equal(readFileSync(known), mine);
      writeFileSync(libraryId(paths), mine);
      await refusedLater(open(), 'config', /is not the library that was served here before/);
      rmSync(known);
      await open();
    },
  );
});

test('a number that is lost or damaged on one side is made anew from the other', async () => {
  for (const side of ['library', 'state'] as const) {
    for (const spoil of [
      (path: string) => rmSync(path),
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace(/^./, 'x')),
    ]) {
      let before = '';
      const fileOf = (paths: Paths) =>
        side === 'library' ? libraryId(paths) : inState(paths).libraryId;
      await after(
        (paths) => {
          before = readFileSync(fileOf(paths), 'utf8');
          spoil(fileOf(paths));
        },
        async (open) => {
          const paths = await open();
          assert.is(readFileSync(fileOf(paths), 'utf8'), before, side);
        },
      );
    }
  }
});

test('an older state that let laptops in does not begin a new library', () =>
  after(
    (paths) => {
      rmSync(inState(paths).libraryId);
      rmSync(paths.library, { recursive: true });
      mkdirSync(inState(paths).keysFolder, { recursive: true });
      writeFileSync(inState(paths).keys('ds-receive'), 'ssh-ed25519 AAAA');
    },
    async (open) => {
      await refusedLater(open(), 'config', /may not be mounted/);
    },
  ));

test('a new school begins with a number', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  assert.ok(existsSync(libraryId(paths)));
  assert.equal(readFileSync(libraryId(paths)), readFileSync(inState(paths).libraryId));
});

/** With its sum, as it is written. */
const OTHER = `other ${createHash('sha256').update('other').digest('hex').slice(0, 16)}\n`;

const WHILE_SERVED: [what: string, happens: (paths: Paths) => void, isThere: boolean][] = [
  ['a number that is damaged', (paths) => writeFileSync(libraryId(paths), 'x'), true],
  ['a number that cannot be read', (paths) => unreadable(libraryId(paths)), true],
  ['a number that is lost, beside the host key', (paths) => rmSync(libraryId(paths)), true],
  ['a disk that gives nothing', (paths) => unreadable(paths.library), true],
  ['another library', (paths) => writeFileSync(libraryId(paths), OTHER), false],
  ['an empty mount point', ({ library }) => unmounted(library), false],
  ['no folder', ({ library }) => rmSync(library, { recursive: true }), false],
];
for (const [what, happens, isThere] of WHILE_SERVED) {
  test(`${what}: while it is served, the library is ${isThere ? 'there' : 'gone'}`, () =>
    after(
      () => {},
      async (open) => {
        const paths = await open();
        happens(paths);
        assert.is(isStillThere(paths), isThere);
      },
    ));
}

test('a host key that the disk does not give is no missing library', () =>
  after(
    (paths) => {
      writeFileSync(libraryId(paths), 'x');
      unreadable(hostKey(paths));
    },
    async (open) => void (await open()),
  ));

function unmounted(library: string): void {
  renameSync(library, `${library}-unmounted`);
  mkdirSync(library);
}

/** For root as well: a path that cannot be followed. */
function unreadable(path: string): void {
  rmSync(path, { recursive: true });
  symlinkSync(path, path);
}

test.run();
