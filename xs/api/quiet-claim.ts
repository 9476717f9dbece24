/**
 * A laptop claims that the day is quiet: nothing has changed since its newest snapshot. That counts as a
 * backup if it is true and the check of that snapshot finds no damage. Both ways to say so end here.
 */
import { dirname } from 'node:path';
import type { Serial } from '../../shared/ids.ts';
import type { QuietClaim } from '../../shared/protocol/messages.ts';
import { fsyncFolderAside } from '../../shared/system/files-aside.ts';
import { isHeld } from '../ingest/held.ts';
import type { Library } from '../library.ts';
import { hasDamage } from '../storage/damage-register.ts';
import { baseSnapshot, hasSums } from '../storage/snapshots.ts';

/** `held`: it is complete, and held until somebody decides. */
export type QuietVerdict = 'safe' | 'held' | 'changed' | 'damaged';

/** Verifies the claim, and records the success if it is valid. */
export async function judgeQuietClaim(
  { paths, pool, checker, timeline, successes }: Library,
  serial: Serial,
  claim: QuietClaim,
): Promise<QuietVerdict> {
  const newest = baseSnapshot(paths, serial);
  if (newest?.sequence !== claim.sequence || newest.state !== claim.state) return 'changed';
  // A new completion file makes the server ask for what is damaged.
  if (!hasSums(newest) || hasDamage(pool.damage, newest.folder)) return 'damaged';
  if ((await checker.checkSnapshot(newest)).length > 0) return 'damaged';
  // What happened to it while it was checked counts.
  const still = baseSnapshot(paths, serial);
  if (still?.folder !== newest.folder || still.sequence !== newest.sequence) return 'changed';
  const held = isHeld(paths, newest);
  // Its name may be a moment old. That of one in the laptop's own folder is durable with the note.
  if (held) await fsyncFolderAside(dirname(newest.folder));
  await successes.note(newest, timeline.now());
  return held ? 'held' : 'safe';
}
