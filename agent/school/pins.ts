/**
 * Pins: versions of entries that the school keeps until they are unpinned (X8, A11).
 */
import { DsError } from '../../shared/errors.ts';
import type { SnapshotName, Uid } from '../../shared/ids.ts';
import type { Pins } from '../../shared/protocol/messages.ts';
import type { Context } from '../context.ts';
import { prepareProfile } from '../profile.ts';
import { openControlSession } from './session.ts';

export async function listPins(context: Context): Promise<Pins> {
  prepareProfile(context);
  await using session = await openControlSession(context);
  return await session.control.pins();
}

/** Pins an entry as it is in a snapshot (undefined for the newest). Returns all pins. */
export async function pinEntry(
  context: Context,
  uid: Uid,
  snapshot: SnapshotName | undefined,
): Promise<Pins> {
  prepareProfile(context);
  await using session = await openControlSession(context);
  const name = snapshot ?? (await session.control.state()).newest?.name;
  if (!name) throw new DsError('not-found', 'the school server has no snapshot of this laptop');
  return await session.control.pin(uid, name);
}

/** Ends all pins of an entry. Returns those that remain. */
export async function unpinEntry(context: Context, uid: Uid): Promise<Pins> {
  prepareProfile(context);
  await using session = await openControlSession(context);
  return await session.control.unpin(uid);
}
