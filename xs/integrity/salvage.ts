/**
 * What can still be used of a snapshot with damage, so that the next one is whole (X11).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest, Uid } from '../../shared/ids.ts';
import { type Content, decodeEntry, digestOf } from '../../shared/journal/entry.ts';
import type { KeptMark } from '../../shared/journal/kept.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { type Damage, isDamagedFile } from '../storage/damage-register.ts';
import type { Pool } from '../storage/pool.ts';

/** An entry whose files are there, whole as far as anybody knows. */
export interface Whole {
  digest: Digest;
  /** Where its metadata and its content are; content is null for an entry that has none. */
  metadata: string;
  content: (Content & { path: string }) | null;
  /** Of one that has just arrived: where its content is (A13). */
  mark?: KeptMark;
}

/** Entries of a snapshot with a file that is known to be damaged. */
export function damagedEntries(damage: Damage, snapshot: string, uids: Iterable<Uid>): Uid[] {
  if (damage.isEmpty) return [];
  return [...uids].filter((uid) =>
    [uid, `${uid}${METADATA_SUFFIX}`].some((name) => isDamagedFile(damage, join(snapshot, name))),
  );
}

/** An entry of a snapshot, each damaged file replaced by the pool's. Undefined where there is none. */
export function salvage(pool: Pool, snapshot: string, uid: Uid, digest: Digest): Whole | undefined {
  const held = join(snapshot, uid);
  const metadata = pool.sound(`${held}${METADATA_SUFFIX}`, digest);
  if (!metadata) return undefined;
  const bytes = readFileSync(metadata);
  if (digestOf(bytes) !== digest) return undefined;
  const { content } = decodeEntry(bytes);
  if (!content) return { digest, metadata, content: null };
  const path = pool.sound(held, content.digest, content.size);
  return path === undefined ? undefined : { digest, metadata, content: { ...content, path } };
}
