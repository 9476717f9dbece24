/**
 * Everything that follows in the work queue when a backup's snapshot is in its place, in one walk that is safe
 * to repeat: a service that was killed in the middle does it again, because the completion file stays claimed
 * until this has ended, and what arrived was removed.
 */
import { asDsError } from '../../shared/errors.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { repairDamage } from '../integrity/repair.ts';
import { pointLatestAside, type Snapshot } from '../storage/snapshots.ts';
import { discard } from '../storage/trash.ts';
import { isHeld, limitHeld, releaseHeldBefore } from './held.ts';
import type { IngestContext } from './ingest-context.ts';

/**
 * `replaced` goes to the trash, unless
 * the new one is held: a service that was killed meanwhile leaves it, which is one snapshot too many.
 */
export async function afterBackup(
  context: IngestContext,
  snapshot: Snapshot,
  replaced?: Snapshot,
): Promise<void> {
  const { paths, timeline, log, successes } = context;
  const held = isHeld(paths, snapshot);
  failpoint('ingest.promoted');
  if (held) limitHeld(paths, snapshot.serial, timeline.now());
  else await publish(context, snapshot);
  failpoint('ingest.pointed');
  if (replaced && !held) {
    discard(paths, snapshot.serial, replaced.folder, 'replaced-within-the-day', timeline.now());
    log.info('snapshot-replaced', { serial: snapshot.serial, name: replaced.name });
  }
  await successes.note(snapshot, timeline.now());
  const { serial, name, sequence, entries, changed, removed, source } = snapshot;
  const facts = { serial, name, sequence, entries, changed, removed, source };
  log.info(held ? 'snapshot-held' : 'snapshot-made', facts);
  await repair(context, snapshot);
  await reindex(context, snapshot);
  context.onBackup?.(snapshot, held);
}

/** A good snapshot is there: those that were held before it join it, and `datastore-latest` follows. */
async function publish(
  { paths }: IngestContext,
  { serial, name, sequence }: Snapshot,
): Promise<void> {
  releaseHeldBefore(paths, serial, sequence);
  await pointLatestAside(paths, serial, name);
}

/** What arrived may be what was damaged. The scrub and the daily check try again later. */
async function repair(context: IngestContext, { serial }: Snapshot): Promise<void> {
  try {
    await repairDamage(context, { search: false });
    await context.checker.recheck(serial);
  } catch (error) {
    context.log.warn('repair-failed', { reason: asDsError(error).message });
  }
}

/** The index only answers faster than the disk: its failure does not fail the backup. */
async function reindex({ index, log }: IngestContext, { serial }: Snapshot): Promise<void> {
  try {
    await index.reindex(serial);
  } catch (error) {
    log.warn('index-not-updated', { serial, reason: asDsError(error).message });
  }
}
