import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import type { Serial } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { relink } from '../../../xs/integrity/relink.ts';
import { isUnlinked } from '../../../xs/integrity/unlinked.ts';
import { measureUsage } from '../../../xs/retention/usage.ts';
import { inLaptop, inLibrary, inPool, inSnapshot } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../check.ts';
import {
  backUp,
  type Journal,
  makeLibrary,
  openLibrary,
  SERIAL,
  type TestLibrary,
  uidOf,
} from '../library.ts';
import { openWhole, serialOf } from '../whole.ts';
import { flipBit } from './damage-library.ts';

const test = suite('a library that was copied without its hard links');

/** Each laptop has files of its own, and some that all have; one more each day. */
function journalOf(laptop: number, day: number): Journal {
  const own = Array.from({ length: 5 + day }, (_, n) => [`own ${laptop}`, n] as const);
  const all = Array.from({ length: 3 }, (_, n) => ['everybody', n + 100] as const);
  return new Map(
    [...own, ...all].map(([salt, n]) => {
      return [uidOf(n), { title: `${salt} ${n}`, content: `${salt} ${n} `.repeat(2000) }];
    }),
  );
}

async function school(laptops: number, days: number): Promise<[TestLibrary, Serial[]]> {
  const library = makeLibrary();
  const serials = Array.from({ length: laptops }, (_, n) => serialOf(n));
  for (const [n, serial] of serials.entries()) {
    library.addLaptop(serial);
    for (let day = 0; day < days; day += 1) await backUp(library, journalOf(n, day), serial);
  }
  return [library, serials];
}

/** A copy by a road that does not know of hard links, and the original gone. */
function copied(library: TestLibrary, by: 'cp' | 'rsync' | 'tar' = 'cp'): TestLibrary {
  const folder = mkdtempSync(join(tmpdir(), 'ds-relink-'));
  const from = library.paths.library;
  if (by === 'cp') execFileSync('cp', ['-r', from, folder]);
  if (by === 'rsync') execFileSync('rsync', ['-rlt', from, folder]);
  if (by === 'tar') {
    const archive = join(folder, 'library.tar');
    execFileSync('tar', ['-C', library.folder, '--hard-dereference', '-cf', archive, 'library']);
    execFileSync('tar', ['-C', folder, '-xf', archive]);
    rmSync(archive);
  }
  return openLibrary(folder);
}

/** Bytes on the disk and inodes, each inode once, as `du` counts. */
function sizeOf({ paths }: TestLibrary): { bytes: number; inodes: number } {
  const seen = new Map<number, number>();
  const walk = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const stat = lstatSync(join(folder, name));
      seen.set(stat.ino, stat.blocks * 512);
      if (stat.isDirectory()) walk(join(folder, name));
    }
  };
  walk(paths.library);
  return { bytes: [...seen.values()].reduce((sum, n) => sum + n, 0), inodes: seen.size };
}

function sumsOf(library: TestLibrary, serials: readonly Serial[]) {
  return serials.map((serial) => [...checkSnapshots(library.paths, serial)]);
}

const again = (library: TestLibrary) =>
  relink({ ...library.context, checker: library.context.checker as never });

test('by cp, rsync or tar: as small as the original again, and every snapshot whole', async () => {
  const [laptops, days] = soak([30, 20], [2, 4]);
  const [original, serials] = await school(laptops, days);
  using _original = original;
  const [before, sums] = [sizeOf(original), sumsOf(original, serials)];
  for (const road of ['cp', 'rsync', 'tar'] as const) {
    using copy = copied(original, road);
    assert.ok(sizeOf(copy).inodes > before.inodes * 2, `${road} multiplies the files`);
    const done = await again(copy);
    const after = sizeOf(copy);
    assert.ok(after.bytes <= before.bytes * 1.02, `${road}: ${after.bytes} of ${before.bytes}`);
    assert.ok(after.inodes <= before.inodes * 1.02, `${road}: ${after.inodes}`);
    assert.equal(sumsOf(copy, serials), sums, road);
    assert.equal([done.findings, done.differed, done.laptops], [0, 0, laptops + 1], road);
    assert.ok(done.freedBytes > 0 && done.freedInodes > 0 && done.names >= done.freedInodes);
    assert.not(isUnlinked(copy.paths), road);
    assert.is((await again(copy)).names, 0, 'there is nothing left to do');
    assert.is((await backUp(copy, journalOf(0, 9), serials[0])).state, 'done', 'it goes on');
  }
});

test('a wrong byte in a copy is named and not linked over a good one', async () => {
  const [original, serials] = await school(2, 3);
  using _original = original;
  using copy = copied(original);
  const [serial] = serials as [Serial];
  const content = digestOf('own 0 1 '.repeat(2000));
  const [newest, , oldest] = listSnapshots(copy.paths, serial).map(({ folder }) => folder);
  const inCopy = join(newest ?? '', uidOf(1));
  flipBit(inCopy);
  const metadata = join(oldest ?? '', `${uidOf(0)}.metadata`);
  flipBit(metadata);
  const inThePool = inPool(copy.paths, digestOf('everybody 100 '.repeat(2000))).file(0);
  flipBit(inThePool);
  const done = await again(copy);
  const named = [inCopy, metadata].map((path) => path.slice(copy.paths.library.length + 1));
  assert.equal([...done.differedNames].sort(), named.sort());
  assert.is(done.findings, 0, 'the names in snapshots had what the pool lost');
  assert.is(lstatSync(inCopy).ino, lstatSync(inPool(copy.paths, content).file(0)).ino);
  const damage = copy.context.pool.damage.list();
  assert.equal(
    damage.map(({ digest }) => digest),
    [digestOf('everybody 100 '.repeat(2000))],
  );
  assert.equal(sumsOf(copy, serials), sumsOf(original, serials));
});

test('what nobody has whole is named and linked nowhere', async () => {
  const [original, serials] = await school(1, 1);
  using _original = original;
  using copy = copied(original);
  const [serial] = serials as [Serial];
  const [snapshot] = listSnapshots(copy.paths, serial);
  for (const path of [
    join(snapshot?.folder ?? '', uidOf(1)),
    inPool(copy.paths, digestOf('own 0 1 '.repeat(2000))).file(0),
  ]) {
    flipBit(path);
  }
  assert.is((await again(copy)).findings, 1);
});

test('a snapshot is made of its recipe and the pool alone', async () => {
  const [original, serials] = await school(1, 2);
  using _original = original;
  const [serial] = serials as [Serial];
  const sums = sumsOf(original, serials);
  for (const { folder } of listSnapshots(original.paths, serial)) {
    const recipe: string[] = Object.values(inSnapshot(folder));
    for (const name of readdirSync(folder)) {
      if (!recipe.includes(join(folder, name))) rmSync(join(folder, name));
    }
  }
  assert.is((await again(original)).findings, 0);
  assert.equal(sumsOf(original, serials), sums);
});

/** Bundled once: plain Node starts five times faster than with tsx. */
const child = buildSync({
  entryPoints: [new URL('./relink-child.ts', import.meta.url).pathname],
  ...{ bundle: true, write: false, platform: 'node', format: 'esm' },
}).outputFiles[0]?.text;

const POINTS = [
  'relink.noticed',
  'names.linked:9',
  'names.replaced:30',
  'relink.laptop:2',
  'relink.linked',
];
test('killed at five points it goes on, and is marked until it is done', async () => {
  const [original, serials] = await school(2, 3);
  using _original = original;
  using copy = copied(original);
  for (const point of POINTS) {
    const args = ['--input-type=module', '-e', child ?? '', '--', JSON.stringify(copy.paths)];
    const env = { ...process.env, DS_BACKUP_FAILPOINT: point };
    const killed = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    assert.is(killed.signal, 'SIGKILL', `${point}: ${killed.stderr}`);
    assert.ok(isUnlinked(copy.paths), point);
    assert.equal(sumsOf(copy, serials), sumsOf(original, serials), point);
  }
  assert.is((await again(copy)).findings, 0);
  const [after, before] = [sizeOf(copy), sizeOf(original)];
  assert.ok(after.inodes <= before.inodes * 1.02, `${after.inodes} of ${before.inodes}`);
  assert.not(isUnlinked(copy.paths));
});

test('the start notices it, status says the command, cleanup judges nothing, usage is the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-relink-'));
  const copy = mkdtempSync(join(tmpdir(), 'ds-relink-'));
  try {
    const usageOf = async (paths: TestLibrary['paths']) =>
      measureUsage(listSnapshots(paths, SERIAL), new Map());
    const usage = await (async () => {
      await using whole = await openWhole('[retention]\nkeepLast = 1\n', { folder });
      for (let day = 0; day < 4; day += 1) await backUp(whole, journalOf(0, day));
      assert.not(isUnlinked(whole.library.paths));
      return usageOf(whole.library.paths);
    })();
    execFileSync('cp', ['-r', join(folder, 'library'), copy]);
    await using whole = await openWhole('[retention]\nkeepLast = 1\n', { folder: copy });
    const { paths } = whole.library;
    const noticed = whole.events.find(({ event }) => event === 'library-without-hard-links');
    assert.is(noticed?.fields.command, 'xs-backup relink');
    assert.match(await whole.command('status'), /without their hard links.*\n.*xs-backup relink/);
    assert.equal(await usageOf(paths), usage, 'what a laptop uses is not what its copies take');
    whole.clock.pass(400 * DAY_MS);
    const cleaned = await whole.command('cleanup', [], { 'trust-clock': true });
    assert.match(cleaned, /nothing is removed: .*without its hard links/);
    assert.is(listSnapshots(paths, SERIAL).length, 4);
    const { names } = JSON.parse(await whole.command('relink', [], { json: true }));
    assert.ok(names > 0);
    assert.not.match(await whole.command('status'), /hard links/);
    assert.not.match(await whole.command('cleanup'), /hard links/);
    assert.not(existsSync(inLibrary(paths).unlinked));
    assert.ok(existsSync(inLaptop(paths, SERIAL).latest));
  } finally {
    for (const path of [folder, copy]) rmSync(path, { recursive: true, force: true });
  }
});

test.run();
