/**
 * Lists entries whose content is only at school, and brings it back under the entry's own name. The mark
 * is removed when the content is on the disk; after an interruption the same command goes on from there.
 */
import { rmSync } from 'node:fs';
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import { type KeptMark, pinOf } from '../../shared/journal/kept.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { backUp } from '../backup/backup.ts';
import { type Context, FULL_HINT } from '../context.ts';
import { readIdentity } from '../identity/identity.ts';
import { Datastore } from '../journal/datastore.ts';
import { refuseFirstLayout } from '../journal/each-layout.ts';
import { allMarks, listMarks } from '../journal/kept-marks.ts';
import {
  beingWrittenTo,
  readLiveEntry,
  replaceContent,
  writeLiveEntry,
} from '../journal/live-entry.ts';
import { flushFileSystem } from '../journal/placement.ts';
import { emptyFolder, freeBytes, takeLock } from '../profile.ts';
import { Meter } from '../progress.ts';
import { type Fetched, fetchBatch } from '../restore/fetch.ts';
import type { Step } from '../restore/plan.ts';
import { openControlSession, openSession, type Session } from '../school/session.ts';
import { openState, type State } from '../state.ts';
import type { Source } from '../wire/rsync.ts';
import { prepareProfile } from '../workplace.ts';
import { keptStateOf, refilled, unmarked } from './kept-entry.ts';
import { findOwnPin, type Version } from './own-pin.ts';

export interface KeptEntry {
  uid: Uid;
  title: string;
  /** Of the content, at school. */
  bytes: number;
}

/** Room to leave on a laptop when content comes back, in bytes. */
const RESERVE_BYTES = 1024 * 1024;

/** Brings the content back. Returns its bytes. */
export async function fetchBack(context: Context, uid: Uid): Promise<number> {
  using _room = prepareProfile(context, 'own-room');
  const { bytes, pin } = await bringBack(context, uid);
  failpoint('fetch.back');
  if (pin) await endPin(context, pin);
  return bytes;
}

/** The entries whose content is only at school. */
export function listKept(context: Context): KeptEntry[] {
  return listMarks(context.paths).map(({ uid, mark: { title, bytes } }) => ({ uid, title, bytes }));
}

/** Throws `only-copy` when the laptop's entry says that this pin has its content. */
export function checkUnpin(context: Context, uid: Uid): void {
  if (!allMarks(context.paths).some((kept) => pinOf(kept.mark, kept.uid).uid === uid)) return;
  throw new DsError('only-copy', `the content of ${uid} is only at school, in this pin`, {
    hint: 'fetch it back first: "ds-backup fetch"',
  });
}

/** Also finishes an interrupted run. `pin` is one of ours that is not needed any more. */
async function bringBack(context: Context, uid: Uid) {
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  refuseFirstLayout(context.paths);
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run, and waits for earlier calls
  const { entry } = await readLiveEntry(context, uid);
  const kept = keptStateOf(entry);
  if (kept.type === 'ordinary') {
    const pin = await findOwnPin(state, uid);
    if (pin) return { bytes: entry.content?.size ?? 0, pin };
    throw new DsError('bad-input', `the content of ${uid} is here, not at school only`);
  }
  if (kept.type === 'overwritten') throw overwritten(uid);
  const { mark } = kept;
  if (kept.type === 'away') await fillIn(context, datastore, uid, mark);
  // Also for a run that was interrupted while it waited for the disk.
  await flushFileSystem(context, context.paths.journal);
  const back = (await readLiveEntry(context, uid)).entry;
  if (keptStateOf(back).type === 'overwritten') throw overwritten(uid);
  await rememberPin(context, state, uid, mark);
  await writeLiveEntry(context, datastore, uid, unmarked(back), '');
  // This may be a copy of the pinned entry, and the last that needed the pin.
  return { bytes: mark.bytes, pin: await findOwnPin(state, pinOf(mark, uid).uid) };
}

function overwritten(uid: Uid): DsError {
  return new DsError('bad-input', `something else was written into ${uid} meanwhile`, {
    hint: 'restore the entry from a snapshot: it comes as a copy beside this one',
  });
}

/** Fetches the content and writes it. The mark stays until it is on the disk. */
async function fillIn(
  context: Context,
  datastore: Datastore,
  uid: Uid,
  mark: KeptMark,
): Promise<void> {
  const { paths } = context;
  const free = freeBytes(paths.profile);
  if (free < mark.bytes + RESERVE_BYTES) {
    const message = `the content needs ${mark.bytes} bytes, ${free} are free`;
    throw new DsError('laptop-full', message, { hint: FULL_HINT });
  }
  await using session = await openSession(context, { purpose: 'restore', wait: false });
  const fetched = await fetchKept(context, session, uid, mark);
  failpoint('fetch.fetched');
  await replaceContent(context, datastore, uid, fetched.file, (entry) => {
    if (keptStateOf(entry).type === 'away') return refilled(entry, mark, fetched.entry.content);
    throw beingWrittenTo(uid);
  });
  failpoint('fetch.filled');
  rmSync(paths.restore, { recursive: true, force: true });
}

/** Remembers the mark's pin as ours if keeping made it, on this laptop. */
async function rememberPin({ paths }: Context, state: State, uid: Uid, mark: KeptMark) {
  const pin = pinOf(mark, uid);
  const isOwn = mark.pinned && pin.uid === uid && pin.serial === readIdentity(paths)?.serial;
  await state.rememberOwnPin(uid, isOwn ? mark.digest : undefined);
}

/** From the pin; where that is gone, from the snapshot that has the version. Throws `not-found`. */
async function fetchKept(
  context: Context,
  session: Session,
  uid: Uid,
  mark: KeptMark,
): Promise<Fetched> {
  const { serial, uid: pinned, digest } = pinOf(mark, uid);
  const of = serial === session.serial ? undefined : serial;
  const step: Step = { uid: pinned, digest, bytes: mark.bytes, action: 'bring' };
  const folder = context.paths.restore;
  const meter = new Meter(context.onProgress);
  meter.expect(1, mark.bytes);
  meter.phase('fetching');
  const day: Source[] = mark.snapshot === undefined ? [] : [{ of, snapshot: mark.snapshot }];
  const sources: Source[] = [...day, { of, pin: { uid: pinned, digest } }];
  for (;;) {
    const source = sources.shift();
    if (!source) break;
    emptyFolder(folder);
    const fetched = await fetchBatch(context, session, source, [step], folder, meter.batch()).catch(
      (error) => {
        if (asDsError(error).code !== 'server-refused') throw error;
        return undefined; // there is no such pin, or no such snapshot any more
      },
    );
    const [found] = fetched?.ready ?? [];
    if (found) return found;
    if ('pin' in source) sources.push(...(await snapshotsWith(session, pinned, digest, of)));
  }
  throw new DsError('not-found', `the school server does not have the content of ${uid} any more`, {
    hint: 'tell a teacher: "xs-backup undelete" may still bring it back',
  });
}

async function snapshotsWith(
  { control }: Session,
  uid: Uid,
  digest: Digest,
  of: Serial | undefined,
): Promise<Source[]> {
  const [newest] = await control.snapshots(of);
  if (!newest) return [];
  const { versions } = await control.details(newest.name, uid, of);
  return versions
    .filter((version) => version.digest === digest)
    .map(({ snapshot }) => ({ of, snapshot }));
}

/**
 * Ends our pin once the content is in a snapshot again and no entry here needs the pin; until then it is
 * remembered. A failure is only a warning: the content is back, and the next fetch tries again.
 */
async function endPin(context: Context, { uid, digest }: Version): Promise<void> {
  try {
    checkUnpin(context, uid);
    await backUp(context, false);
    await using session = await openControlSession(context);
    const { pins } = await session.control.pins();
    const isThere = pins.some((pin) => pin.uid === uid && pin.digest === digest);
    if (isThere) await session.control.unpin(uid, digest);
    await using state = await openState(context.paths.state);
    await state.rememberOwnPin(uid, undefined);
  } catch (error) {
    context.signal.throwIfAborted();
    context.warn(`it is still pinned at school: ${asDsError(error).message}`);
  }
}
