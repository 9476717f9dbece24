/**
 * "Keep it at school" (A13): the content of an entry goes from a full laptop, once the school has it
 * confirmed, pinned and read again; properties and picture stay and say where it is. And comes back.
 */
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, type Entry, propertyText } from '../shared/entry.ts';
import { asDsError, DsError } from '../shared/errors.ts';
import { failpoint } from '../shared/failpoint.ts';
import type { Digest, Serial, SnapshotName, Uid } from '../shared/ids.ts';
import { contentOf, listEntries, readProperties } from '../shared/journal-tree.ts';
import { formatKeptMark, KEPT_PROPERTY, type KeptMark, keptMarkOf } from '../shared/kept.ts';
import { wordsOf } from '../shared/language.ts';
import { findCatalogue, languagesOf } from '../shared/messages.ts';
import { backUp } from './backup.ts';
import { type Context, FULL_HINT } from './context.ts';
import type { Control } from './control.ts';
import { Datastore } from './datastore.ts';
import { prepareEntry } from './datastore-entry.ts';
import { inJournal } from './paths.ts';
import { emptyFolder, freeBytes, prepareProfile, takeLock } from './profile.ts';
import { Meter } from './progress.ts';
import { putEntry } from './restore-apply.ts';
import { type Fetched, fetchBatch } from './restore-fetch.ts';
import type { Step } from './restore-plan.ts';
import { openLookaround, openSession, type Session } from './session.ts';
import { openState } from './state.ts';
import type { Source } from './transfer.ts';
import { readVersion, type Version } from './version.ts';

export interface KeptEntry {
  uid: Uid;
  title: string;
  /** Of the content, at school. */
  bytes: number;
}

const NOTHING = { digest: digestOf(''), size: 0 };
/** Room to leave on a laptop when content comes back, in bytes. */
const RESERVE_BYTES = 1024 * 1024;

/**
 * Drops the content of an entry that the school has; backs it up first where that is not so. Returns
 * the bytes of the content. Throws before anything here changed, or the entry is as it was.
 */
export async function keepAtSchool(context: Context, uid: Uid): Promise<number> {
  prepareProfile(context);
  const first = await readWhole(context, uid);
  if (!(await isConfirmed(context, uid, first.digest))) await backUp(context, false);
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  const { confirmed } = state;
  const { entry, digest } = await readWhole(context, uid);
  if (!confirmed || confirmed.versions.get(uid) !== digest) throw beingWorkedOn(uid);
  await using session = await openLookaround(context);
  const pinned = await pinAndVerify(session.control, uid, digest, confirmed.snapshot);
  failpoint('keep.pinned');
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run
  const title = propertyText(entry, 'title') ?? '';
  const bytes = entry.content?.size ?? 0;
  const mark: KeptMark = {
    ...{ serial: session.serial, digest, bytes, title, pinned },
    shown: shownTitle(context, title),
  };
  // Nothing that the child did meanwhile is dropped.
  if ((await readWhole(context, uid)).digest !== digest) throw beingWorkedOn(uid);
  await drop(context, datastore, uid, entry, mark);
  failpoint('keep.dropped');
  return bytes;
}

/** Brings the content back under the entry's own name. Returns its bytes. */
export async function fetchBack(context: Context, uid: Uid): Promise<number> {
  prepareProfile(context);
  const mark = await bringBack(context, uid);
  failpoint('fetch.back');
  if (mark.pinned) await endPin(context, uid, mark.digest);
  return mark.bytes;
}

/** The entries whose content is only at school. */
export function listKept({ paths }: Context): KeptEntry[] {
  if (!existsSync(paths.journal)) return [];
  return listEntries(paths.journal).flatMap((entry) => {
    if (!existsSync(join(entry.path, 'metadata', KEPT_PROPERTY))) return [];
    const { properties } = readProperties(entry);
    const size = contentOf(entry)?.size ?? 0;
    const mark = keptMarkOf({ properties, content: size > 0 ? { ...NOTHING, size } : null });
    return mark ? [{ uid: entry.uid, title: mark.title, bytes: mark.bytes }] : [];
  });
}

/** Throws `only-copy` when the laptop's entry says that this pin has its content. */
export function checkUnpin(context: Context, uid: Uid): void {
  if (!listKept(context).some((kept) => kept.uid === uid)) return;
  throw new DsError('only-copy', `the content of ${uid} is only at school, in this pin`, {
    hint: 'fetch it back first ("ds-backup fetch")',
  });
}

/** An entry with content, as it stands. Throws `not-found`, `bad-input`, `unreadable`. */
async function readWhole({ paths, signal }: Context, uid: Uid): Promise<Version> {
  const local = inJournal(paths, uid);
  if (!existsSync(local.path)) throw new DsError('not-found', `the Journal has no entry ${uid}`);
  const version = await readVersion(local, signal);
  if (keptMarkOf(version.entry)) {
    throw new DsError('bad-input', `the content of ${uid} is kept at school already`);
  }
  if (!version.entry.content || version.entry.content.size === 0) {
    throw new DsError('bad-input', `the entry ${uid} has no content to keep at school`);
  }
  if (version.doubt !== 'none') throw beingWorkedOn(uid);
  return version;
}

async function isConfirmed({ paths }: Context, uid: Uid, digest: Digest): Promise<boolean> {
  await using state = await openState(paths.state);
  return state.confirmed?.versions.get(uid) === digest;
}

/** Whether this made the pin. Throws `over-quota`, `damaged`, and then leaves no pin of its own. */
async function pinAndVerify(
  control: Control,
  uid: Uid,
  digest: Digest,
  snapshot: SnapshotName,
): Promise<boolean> {
  const isIt = (pin: { uid: Uid; digest: Digest }) => pin.uid === uid && pin.digest === digest;
  const before = (await control.pins()).pins.some(isIt);
  const { pins } = await control.pin(uid, snapshot);
  if (!pins.some(isIt)) {
    throw new DsError('damaged', `the school server pinned another version of ${uid}`);
  }
  try {
    await control.verify(snapshot, uid);
  } catch (error) {
    if (!before) await control.unpin(uid).catch(() => {}); // it stays, and is shown as a pin
    throw error;
  }
  return !before;
}

async function drop(
  context: Context,
  datastore: Datastore,
  uid: Uid,
  entry: Entry,
  mark: KeptMark,
): Promise<void> {
  const properties = new Map(entry.properties);
  properties.set(KEPT_PROPERTY, Buffer.from(formatKeptMark(mark)));
  properties.set('title', Buffer.from(mark.shown));
  const prepared = prepareEntry({ content: NOTHING, properties }, uid, secondsNow(context));
  // The datastore takes a file over; for a content it can only be told of an empty one.
  emptyFolder(context.paths.restore);
  const empty = join(context.paths.restore, 'empty');
  closeSync(openSync(empty, 'w'));
  await putEntry(context, datastore, uid, prepared, empty);
  rmSync(context.paths.restore, { recursive: true, force: true });
}

async function bringBack(context: Context, uid: Uid): Promise<KeptMark> {
  await using _lock = await takeLock(context);
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count();
  const { mark } = await readKept(context, uid);
  const free = freeBytes(context.paths.profile);
  if (free < mark.bytes + RESERVE_BYTES) {
    const message = `the content needs ${mark.bytes} bytes, ${free} are free`;
    throw new DsError('laptop-full', message, { hint: FULL_HINT });
  }
  await using session = await openSession(context, { purpose: 'restore', wait: false });
  const fetched = await fetchKept(context, session, uid, mark);
  failpoint('fetch.fetched');
  const { properties } = await readKept(context, uid);
  properties.delete(KEPT_PROPERTY);
  if (properties.get('title')?.toString() === mark.shown) {
    properties.set('title', Buffer.from(mark.title));
  }
  const entry = { content: fetched.entry.content, properties };
  const prepared = prepareEntry(entry, uid, secondsNow(context));
  await putEntry(context, datastore, uid, prepared, fetched.file);
  rmSync(context.paths.restore, { recursive: true, force: true });
  return mark;
}

/** From the pin; where that is gone, from the snapshot that has the version. Throws `not-found`. */
async function fetchKept(
  context: Context,
  session: Session,
  uid: Uid,
  { serial, digest, bytes }: KeptMark,
): Promise<Fetched> {
  const of = serial === session.serial ? undefined : serial;
  const step: Step = { uid, digest, bytes, action: 'bring' };
  const folder = context.paths.restore;
  const meter = new Meter(context.onProgress);
  meter.expect(1, bytes);
  meter.phase('fetching');
  const sources: Source[] = [{ of, pin: { uid, digest } }];
  for (;;) {
    const source = sources.shift();
    if (!source) break;
    emptyFolder(folder);
    const fetched = await fetchBatch(context, session, source, [step], folder, meter.batch()).catch(
      (error) => {
        if (asDsError(error).code !== 'server-refused') throw error;
        return undefined; // there is no such pin
      },
    );
    const [found] = fetched?.ready ?? [];
    if (found) return found;
    if ('pin' in source) sources.push(...(await snapshotsWith(session, uid, digest, of)));
  }
  throw new DsError('not-found', `the school server has the content of ${uid} no more`, {
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

async function readKept({ paths, signal }: Context, uid: Uid) {
  const local = inJournal(paths, uid);
  if (!existsSync(local.path)) throw new DsError('not-found', `the Journal has no entry ${uid}`);
  const { entry } = await readVersion(local, signal);
  const mark = keptMarkOf(entry);
  if (mark) return { mark, properties: new Map(entry.properties) };
  throw new DsError('bad-input', `the content of ${uid} is here, not at school only`);
}

/** The pin was for the laptop's sake: it ends when the content is in a snapshot again. */
async function endPin(context: Context, uid: Uid, pinned: Digest): Promise<void> {
  try {
    await backUp(context, false);
    await using session = await openLookaround(context);
    const { pins } = await session.control.pins();
    const mine = pins.filter((pin) => pin.uid === uid);
    // Another pin of the child's would go with it.
    if (mine.length === 1 && mine[0]?.digest === pinned) await session.control.unpin(uid);
  } catch (error) {
    context.signal.throwIfAborted();
    context.warn(`it is still pinned at school: ${asDsError(error).message}`);
  }
}

/** In the Journal it says where it is, in the child's language. */
function shownTitle({ env }: Context, title: string): string {
  const folder = fileURLToPath(new URL('./locale', import.meta.url));
  const { _ } = wordsOf(findCatalogue(folder, 'ds-backup', languagesOf(env)));
  return `${title} · ${_('Kept at school')}`;
}

const secondsNow = ({ clock }: Context): number => Math.floor(clock.now().getTime() / 1000);

function beingWorkedOn(uid: Uid): DsError {
  return new DsError('unreadable', `the entry ${uid} is being worked on`, {
    hint: 'close it and try again',
    retry: true,
  });
}
