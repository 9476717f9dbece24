/**
 * "Keep it at school" (A13): the content of an entry goes from a full laptop, once the school has it
 * confirmed, pinned and read again; properties and picture stay and say where it is. fetch-back.ts is
 * the way back. Cut off anywhere, the same gesture once more goes on (kept-entry.ts).
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import { propertyText } from '../../shared/journal/entry.ts';
import type { KeptMark } from '../../shared/journal/kept.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { findCatalogue, languagesOf } from '../../shared/words/catalogue.ts';
import { wordsOf } from '../../shared/words/language.ts';
import { backUp } from '../backup/backup.ts';
import type { Context } from '../context.ts';
import { Datastore } from '../journal/datastore.ts';
import {
  beingWrittenTo,
  readLiveEntry,
  readSettledEntry,
  replaceContent,
  writeLiveEntry,
} from '../journal/live-entry.ts';
import { flushFileSystem } from '../journal/placement.ts';
import { emptyFolder, prepareProfile, takeLock } from '../profile.ts';
import { openControlSession, type Session } from '../school/session.ts';
import { openState, type State } from '../state.ts';
import { announced, dropped, standOf, unmarked } from './kept-entry.ts';

/**
 * Drops the content of an entry that the school has; backs it up first where that is not so. Returns
 * the bytes of the content, which may be at school already. Throws before anything of it is gone.
 */
export async function keepAtSchool(context: Context, uid: Uid): Promise<number> {
  prepareProfile(context);
  const stand = standOf((await readLiveEntry(context, uid)).entry);
  if (stand.is === 'away') return stand.mark.bytes;
  if (stand.is !== 'ordinary') await takeMarkOff(context, uid);
  const first = await readSettledEntry(context, uid);
  if (!(await isConfirmed(context, uid, first.digest))) await backUp(context, false);
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  const { confirmed } = state;
  const { digest } = await readSettledEntry(context, uid);
  if (!confirmed || confirmed.versions.get(uid) !== digest) throw beingWrittenTo(uid);
  await using session = await openControlSession(context);
  const pinned = await pinAndVerify(session, state, uid, digest, confirmed.snapshot);
  failpoint('keep.pinned');
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run
  const empty = makeEmptyFile(context);
  let mark: KeptMark;
  try {
    mark = await announce(context, datastore, session.serial, { uid, digest, pinned });
  } catch (error) {
    if (pinned) await undoPin(session, state, uid, digest);
    throw error;
  }
  // From here on the pin stays, unless other content is here: Sugar may have done what it does not answer.
  if (!(await letGo(context, datastore, uid, empty))) {
    if (pinned) await undoPin(session, state, uid, digest);
    throw beingWrittenTo(uid);
  }
  failpoint('keep.dropped');
  await state.rememberOwnPin(uid, undefined);
  rmSync(context.paths.restore, { recursive: true, force: true });
  return mark.bytes;
}

/** What a cut-off run left, or a child wrote over: the content is here, and the title its own. */
async function takeMarkOff(context: Context, uid: Uid): Promise<void> {
  await using _lock = await takeLock(context);
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count();
  const { entry } = await readLiveEntry(context, uid);
  await writeLiveEntry(context, datastore, uid, unmarked(entry), '');
}

async function isConfirmed({ paths }: Context, uid: Uid, digest: Digest): Promise<boolean> {
  await using state = await openState(paths.state);
  return state.confirmed?.versions.get(uid) === digest;
}

/** Whether the pin is ours to end. Throws `over-quota`, `damaged`, and then leaves none of its own. */
async function pinAndVerify(
  session: Session,
  state: State,
  uid: Uid,
  digest: Digest,
  snapshot: SnapshotName,
): Promise<boolean> {
  const { control } = session;
  const isIt = (pin: { uid: Uid; digest: Digest }) => pin.uid === uid && pin.digest === digest;
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
    if (own) await undoPin(session, state, uid, digest);
    throw error;
  }
  return own;
}

async function undoPin({ control }: Session, state: State, uid: Uid, digest: Digest) {
  // One that stays is shown as a pin, and the next try knows it for its own.
  await control.unpin(uid, digest).then(
    () => state.rememberOwnPin(uid, undefined),
    () => {},
  );
}

/**
 * Marks the entry, whose content stays for now. Afterwards the mark is on the disk, which Sugar by itself
 * does not see to, and the content is still the one that was pinned.
 */
async function announce(
  context: Context,
  datastore: Datastore,
  serial: Serial,
  { uid, digest, pinned }: { uid: Uid; digest: Digest; pinned: boolean },
): Promise<KeptMark> {
  const { entry, digest: now } = await readSettledEntry(context, uid);
  const { content } = entry;
  if (now !== digest || !content) throw beingWrittenTo(uid);
  const title = propertyText(entry, 'title') ?? '';
  const mark: KeptMark = {
    ...{ uid, serial, digest, content: content.digest, bytes: content.size },
    ...{ title, shown: shownTitle(context, title), pinned },
  };
  try {
    await writeLiveEntry(context, datastore, uid, announced(entry, mark), '');
    failpoint('keep.marked');
    await flushFileSystem(context, context.paths.journal);
    const after = (await readSettledEntry(context, uid)).entry;
    if (standOf(after).is !== 'here') throw beingWrittenTo(uid);
    return mark;
  } catch (error) {
    const found = await readLiveEntry(context, uid);
    // Where that fails as well, the next try does it.
    await writeLiveEntry(context, datastore, uid, unmarked(found.entry), '').catch(() => {});
    throw error;
  }
}

/**
 * False when the child has written something else meanwhile, which stays. A failure leaves the entry as it
 * was, or with words that the next try puts right.
 */
async function letGo(
  context: Context,
  datastore: Datastore,
  uid: Uid,
  empty: string,
): Promise<boolean> {
  try {
    await replaceContent(context, datastore, uid, empty, (entry) => {
      const stand = standOf(entry);
      if (stand.is === 'here') return dropped(entry, stand.mark);
      throw beingWrittenTo(uid);
    });
    return true;
  } catch (error) {
    const { entry } = await readLiveEntry(context, uid);
    const { is } = standOf(entry);
    if (is === 'away') return true;
    if (is !== 'overwritten') throw error;
    // Where that fails as well, the next try does it.
    await writeLiveEntry(context, datastore, uid, unmarked(entry), '').catch(() => {});
    return false;
  }
}

/** The datastore takes a file over; for a content it can only be told of an empty one. */
function makeEmptyFile({ paths }: Context): string {
  emptyFolder(paths.restore);
  const empty = join(paths.restore, 'empty');
  closeSync(openSync(empty, 'w'));
  return empty;
}

/** In the Journal it says where it is, in the child's language. */
function shownTitle({ env }: Context, title: string): string {
  const folder = fileURLToPath(new URL('./locale', import.meta.url));
  const { _ } = wordsOf(findCatalogue(folder, 'ds-backup', languagesOf(env)));
  return `${title} · ${_('Kept at school')}`;
}
