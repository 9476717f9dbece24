/**
 * What can still be used of a snapshot with damage, so that the next snapshot is whole.
 */
import type { Digest, Uid } from '../../shared/ids.ts';
import { type Content, decodeEntry } from '../../shared/journal/entry.ts';
import type { KeptMark } from '../../shared/journal/kept.ts';
import { readChecked } from '../storage/checked-entry.ts';
import { type DamageRegister, isDamagedFile } from '../storage/damage-register.ts';
import { inEntry } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';

/** An entry whose files are there, whole as far as anybody knows. */
export interface Whole {
  digest: Digest;
  /** Paths of its metadata and its content; content is null for an entry that has none. */
  metadata: string;
  content: (Content & { path: string }) | null;
  /** Of one that has just arrived: where its content is kept, when that is at school only. */
  mark?: KeptMark;
}

/** Entries of a snapshot with a file that is known to be damaged. */
export function damagedEntries(
  damage: DamageRegister,
  snapshot: string,
  uids: Iterable<Uid>,
): Uid[] {
  if (damage.isEmpty) return [];
  return [...uids].filter((uid) => {
    const { content, metadata } = inEntry(snapshot, uid);
    return isDamagedFile(damage, content) || isDamagedFile(damage, metadata);
  });
}

/** An entry of a snapshot, damaged files replaced by the pool's; undefined where that has none. */
export function salvage(pool: Pool, snapshot: string, uid: Uid, digest: Digest): Whole | undefined {
  const files = inEntry(snapshot, uid);
  const metadata = pool.sound(files.metadata, digest);
  const reading = metadata === undefined ? undefined : readChecked(metadata, digest);
  if (metadata === undefined || reading?.type !== 'whole') return undefined;
  const { content } = decodeEntry(reading.bytes);
  if (!content) return { digest, metadata, content: null };
  const path = pool.sound(files.content, content.digest, content.size);
  return path === undefined ? undefined : { digest, metadata, content: { ...content, path } };
}
