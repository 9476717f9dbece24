/**
 * Damage as a failing disk does it, for tests: bits that flip where nobody wrote.
 */
import {
  chmodSync,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../../../shared/clock.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { ingest } from '../../../xs/ingest/ingest.ts';
import { type ScrubContext, type ShardResult, scrubShard } from '../../../xs/integrity/scrub.ts';
import { SHARDS } from '../../../xs/integrity/scrub-state.ts';
import { inLaptop, inPool, POOL_NAME } from '../../../xs/storage/paths.ts';
import { listSnapshots, readVersions, type Snapshot } from '../../../xs/storage/snapshots.ts';
import { type Random, seeded } from '../../shared/random.ts';
import {
  backUp,
  completionFor,
  type Journal,
  makeLibrary,
  SERIAL,
  sendEntry,
  type TestLibrary,
  uidOf,
} from '../library.ts';
import type { WholeLibrary } from '../whole.ts';

/** Flips one bit; dates stay as they are. */
export function flipBit(path: string, random: Random = seeded(1)): void {
  const { size, mode, atime, mtime } = lstatSync(path);
  const at = random.below(size);
  const byte = Buffer.alloc(1);
  chmodSync(path, 0o640);
  const fd = openSync(path, 'r+');
  readSync(fd, byte, 0, 1, at);
  byte.writeUInt8(byte.readUInt8(0) ^ (1 << random.below(8)));
  writeSync(fd, byte, 0, 1, at);
  closeSync(fd);
  utimesSync(path, atime, mtime);
  chmodSync(path, mode & 0o777);
}

/** Every file of the pool with a digest's name. */
export function poolFiles(library: string): string[] {
  const pool = join(library, '.pool');
  return readdirSync(pool).flatMap((shard) =>
    readdirSync(join(pool, shard))
      .filter((name) => POOL_NAME.test(name))
      .map((name) => join(pool, shard, name)),
  );
}

/** Entries with content, each another. */
export function drawings(count: number, salt = ''): Journal {
  const numbers = Array.from({ length: count }, (_, n) => n);
  return new Map(
    numbers.map((n) => [uidOf(n), { title: `${salt}${n}`, content: `${salt} drawing ${n}` }]),
  );
}

/** A whole pass, added up. The service does one shard at a time; here nobody else has to be spared. */
export async function scrubAll(context: ScrubContext): Promise<ShardResult> {
  const sum: ShardResult = { files: 0, bytes: 0, swept: 0, sweptBytes: 0, damaged: [] };
  const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
  const lane = async () => {
    for (let shard = shards.shift(); shard !== undefined; shard = shards.shift()) {
      const one = await scrubShard(context, shard);
      sum.files += one.files;
      sum.bytes += one.bytes;
      sum.swept += one.swept;
      sum.sweptBytes += one.sweptBytes;
      sum.damaged.push(...one.damaged);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return sum;
}

export async function libraryWith(
  journal: Journal,
  options: Parameters<typeof makeLibrary>[0] = {},
): Promise<TestLibrary> {
  const library = makeLibrary(options);
  await backUp(library, journal);
  return library;
}

/** The digests' shard, to scrub no more than that. */
export function shardOf(path: string): number {
  return Number.parseInt(path.split('/').at(-2) ?? '', 16);
}

/** What a correct laptop does when it is told what is missing: sends that, and asks again. */
export async function backUpHealing(library: TestLibrary, journal: Journal) {
  const { incoming } = inLaptop(library.paths, SERIAL);
  let outcome = await backUp(library, journal);
  let asked = 0;
  for (let round = 0; outcome.state === 'missing' && round < 20; round += 1) {
    asked += outcome.missing.length;
    for (const uid of outcome.missing) {
      const entry = journal.get(uid);
      if (entry) sendEntry(incoming, uid, entry);
    }
    const completion = completionFor(library, journal);
    const arrival = { serial: SERIAL, completion, folder: incoming, source: 'agent' as const };
    outcome = await ingest(library.context, arrival);
  }
  return { asked, outcome };
}

export const [CONTENT, METADATA, ONLY] = [uidOf(1), uidOf(2), uidOf(3)];

/**
 * Two days of Jocinta's. On the second the content of "Mi casa", the metadata of "Mi escuela" and that of "Sola",
 * which the first day has not, are damaged; `noted`: the scrub has found it.
 */
export async function damagedDays(
  { library, context, clock }: Pick<WholeLibrary, 'library' | 'context' | 'clock'>,
  { noted = true }: { noted?: boolean } = {},
): Promise<{ late: Snapshot; early: Snapshot }> {
  const day = (salt: string): Journal =>
    new Map([
      [CONTENT, { title: 'Mi casa', content: `house ${salt}` }],
      [METADATA, { title: salt === '1' ? 'Mi escuela' : 'La escuela', content: 'school' }],
      ...(salt === '1' ? [] : ([[ONLY, { title: 'Sola', content: 'alone' }]] as const)),
    ]);
  await backUp({ context }, day('1'), SERIAL);
  clock.pass(DAY_MS);
  await backUp({ context }, day('2'), SERIAL);
  const [late, early] = listSnapshots(library.paths, SERIAL);
  if (!late || !early) throw new Error('there are two days');
  await library.index.reindex(SERIAL);
  await library.successes.note(late, library.timeline.now());
  const files = [
    inPool(library.paths, digestOf('house 2')).file(0),
    ...[METADATA, ONLY].flatMap((uid) => {
      const digest = readVersions(late).get(uid);
      return digest ? [inPool(library.paths, digest).file(0)] : [];
    }),
  ];
  for (const file of files) flipBit(file);
  if (noted) for (const shard of new Set(files.map(shardOf))) await scrubShard(library, shard);
  return { late, early };
}
