/**
 * The pin that protects kept content at school. A pin that keeping made is this laptop's own to end; one
 * that the child or another laptop made is not. Own pins are remembered before they are made.
 */
import { DsError } from '../../shared/errors.ts';
import type { Digest, SnapshotName, Uid } from '../../shared/ids.ts';
import type { Session } from '../school/session.ts';
import type { State } from '../state.ts';

export interface Version {
  uid: Uid;
  digest: Digest;
}

/**
 * Pins a version and has the server read it again. Returns whether the pin is ours to end. Throws
 * `over-quota`, `damaged`, and then leaves no pin of ours.
 */
export async function pinAndVerify(
  session: Session,
  state: State,
  version: Version,
  snapshot: SnapshotName,
): Promise<boolean> {
  const { control } = session;
  const { uid, digest } = version;
  const isIt = (pin: Version) => pin.uid === uid && pin.digest === digest;
  const before = (await control.pins()).pins.some(isIt);
  const own = !before || (await state.ownPin(uid)) === digest;
  if (own) await state.rememberOwnPin(uid, digest);
  try {
    const { pins } = await control.pin(uid, snapshot, true);
    if (!pins.some(isIt)) {
      throw new DsError('damaged', `the school server pinned another version of ${uid}`);
    }
    await control.verify(snapshot, uid);
  } catch (error) {
    if (own) await undoPin(session, state, version);
    throw error;
  }
  return own;
}

/** Ends a pin of ours. One that cannot be ended is shown as a pin, and the next try knows it as ours. */
export async function undoPin(
  { control }: Session,
  state: State,
  { uid, digest }: Version,
): Promise<void> {
  await control.unpin(uid, digest).then(
    () => state.rememberOwnPin(uid, undefined),
    () => {},
  );
}

/** The version of this entry that is pinned by us. */
export async function findOwnPin(state: State, uid: Uid): Promise<Version | undefined> {
  const digest = await state.ownPin(uid);
  return digest && { uid, digest };
}
