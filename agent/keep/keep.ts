/**
 * "Keep it at school": removes the content of an entry from a full laptop once the school has confirmed,
 * pinned and re-read it. Properties and picture stay and say where the content is. fetch-back.ts brings
 * it back. After an interruption anywhere, the same command goes on from there (kept-entry.ts).
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import { propertyText } from '../../shared/journal/entry.ts';
import type { KeptMark } from '../../shared/journal/kept.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
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
import { emptyFolder, takeLock } from '../profile.ts';
import { openControlSession } from '../school/session.ts';
import { openState } from '../state.ts';
import { childsWords } from '../words.ts';
import { prepareProfile } from '../workplace.ts';
import { emptied, keptStateOf, marked, unmarked } from './kept-entry.ts';
import { pinAndVerify, undoPin } from './own-pin.ts';

/**
 * Removes the content of an entry, after a backup if the school does not have this version yet. Returns
 * the bytes of the content, also when it was away already. Whenever it throws, the content is here.
 */
export async function keepAtSchool(context: Context, uid: Uid): Promise<number> {
  using _room = prepareProfile(context, 'borrow');
  const kept = keptStateOf((await readLiveEntry(context, uid)).entry);
  if (kept.type === 'away') return kept.mark.bytes;
  if (kept.type !== 'ordinary') await removeMark(context, uid);
  const first = await readSettledEntry(context, uid);
  if (!(await isConfirmed(context, uid, first.digest))) await backUp(context, false);
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  const { confirmed } = state;
  const { digest } = await readSettledEntry(context, uid);
  if (!confirmed || confirmed.versions.get(uid) !== digest) throw beingWrittenTo(uid);
  await using session = await openControlSession(context);
  const version = { uid, digest };
  const pinned = await pinAndVerify(session, state, version, confirmed.snapshot);
  failpoint('keep.pinned');
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run
  const empty = makeEmptyFile(context);
  let mark: KeptMark;
  try {
    mark = await setMark(context, datastore, session.serial, { uid, digest, pinned });
  } catch (error) {
    if (pinned) await undoPin(session, state, version);
    throw error;
  }
  // From here on the pin stays unless other content is here: a call that failed may still have been done.
  if (!(await removeContent(context, datastore, uid, empty))) {
    if (pinned) await undoPin(session, state, version);
    throw beingWrittenTo(uid);
  }
  failpoint('keep.dropped');
  await state.rememberOwnPin(uid, undefined);
  rmSync(context.paths.restore, { recursive: true, force: true });
  return mark.bytes;
}

/** Of an interrupted run, or of an entry that the child has overwritten: its content is here. */
async function removeMark(context: Context, uid: Uid): Promise<void> {
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

/**
 * Marks the entry; its content stays for now. Afterwards the mark is on the disk, which Sugar alone does
 * not guarantee, and the content is still the pinned one.
 */
async function setMark(
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
    await writeLiveEntry(context, datastore, uid, marked(entry, mark), '');
    failpoint('keep.marked');
    await flushFileSystem(context, context.paths.journal);
    const after = (await readSettledEntry(context, uid)).entry;
    if (keptStateOf(after).type !== 'here') throw beingWrittenTo(uid);
    return mark;
  } catch (error) {
    const found = await readLiveEntry(context, uid);
    // If that fails too, the next keep or fetch removes the mark.
    await writeLiveEntry(context, datastore, uid, unmarked(found.entry), '').catch(() => {});
    throw error;
  }
}

/**
 * False when the child has written something else in the meantime, which stays. A failure leaves the
 * content, perhaps with the mark or the title of an entry that is away; the next try corrects those.
 */
async function removeContent(
  context: Context,
  datastore: Datastore,
  uid: Uid,
  empty: string,
): Promise<boolean> {
  try {
    await replaceContent(context, datastore, uid, empty, (entry) => {
      const kept = keptStateOf(entry);
      if (kept.type === 'here') return emptied(entry, kept.mark);
      throw beingWrittenTo(uid);
    });
    return true;
  } catch (error) {
    const { entry } = await readLiveEntry(context, uid);
    const { type } = keptStateOf(entry);
    if (type === 'away') return true;
    if (type !== 'overwritten') throw error;
    // If that fails too, the next keep or fetch removes the mark.
    await writeLiveEntry(context, datastore, uid, unmarked(entry), '').catch(() => {});
    return false;
  }
}

/** The datastore cannot remove a content; it can be given an empty file, which it takes over. */
function makeEmptyFile({ paths }: Context): string {
  emptyFolder(paths.restore);
  const empty = join(paths.restore, 'empty');
  closeSync(openSync(empty, 'w'));
  return empty;
}

/** The title shown while the content is away, in the child's language. */
function shownTitle({ env }: Context, title: string): string {
  const { _ } = childsWords(env);
  return `${title} · ${_('Kept at school')}`;
}
