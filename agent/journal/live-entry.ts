/**
 * One entry of the living Journal, read and written while Sugar and the child use it: a change that she
 * makes in the meantime is seen and stays, but for the millisecond that `replaceContent` names.
 */
import { existsSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import type { Entry } from '../../shared/journal/entry.ts';
import { contentPart, entrySignature, newestMoment } from '../../shared/journal/journal-tree.ts';
import type { Context } from '../context.ts';
import { FRESHNESS } from '../freshness.ts';
import { inJournal } from '../paths.ts';
import type { Datastore } from './datastore.ts';
import { prepareEntry } from './prepared-entry.ts';
import { putEntry } from './put-entry.ts';
import { readVersion, type Version } from './read-entry.ts';
import { fileSystemMoment } from './scan.ts';

/** How often an entry that is being written to is read, and how long to wait in between. */
const MAX_LOOKS = 8;
const BETWEEN_LOOKS_MS = 100;
/** An entry that looks unfinished and has been left alone so many settled times is a leftover. */
const LEFTOVER_ROUNDS = 5;

/** An entry as it is at this moment. Throws `not-found`, `unreadable`. */
export async function readLiveEntry({ paths, signal }: Context, uid: Uid): Promise<Version> {
  const local = inJournal(paths, uid);
  if (!existsSync(local.path)) throw new DsError('not-found', `the Journal has no entry ${uid}`);
  const version = await readVersion(local, signal);
  // Whoever writes back what was read would remove what could not be.
  const [unread] = version.unread;
  if (unread !== undefined) throw new DsError('unreadable', unread);
  return version;
}

/**
 * An entry with content that nobody is writing to. Sugar's optimizer may be at work on it for a moment
 * after each change. Throws `not-found`, `unreadable`, and `bad-input` for an entry without content.
 */
export async function readSettledEntry(context: Context, uid: Uid): Promise<Version> {
  for (let look = 1; ; look += 1) {
    const version = await readLiveEntry(context, uid);
    const isEmpty = !version.entry.content || version.entry.content.size === 0;
    if (!isEmpty && version.doubt === 'none') return version;
    if (look < MAX_LOOKS) await context.clock.sleep(BETWEEN_LOOKS_MS, context.signal);
    else if (!isEmpty && isLeftover(context, version)) return version;
    else if (!isEmpty) throw beingWrittenTo(uid);
    else throw new DsError('bad-input', `the entry ${uid} has no content to keep at school`);
  }
}

/** Looks unfinished, and has been left alone: the datastore was killed, or the noted size is wrong. */
function isLeftover({ paths, freshness }: Context, { doubt, signature }: Version): boolean {
  const { settledMs } = freshness ?? FRESHNESS;
  const calmMs = Number(fileSystemMoment(paths.own) - newestMoment(signature)) / 1e6;
  return doubt !== 'torn' && calmMs >= LEFTOVER_ROUNDS * settledMs;
}

/** Writes an entry that exists. `file` is its new content; empty for the content it has. */
export async function writeLiveEntry(
  context: Context,
  datastore: Datastore,
  uid: Uid,
  entry: Entry,
  file: string,
): Promise<void> {
  const seconds = Math.floor(context.clock.now().getTime() / 1000);
  await putEntry(context, datastore, uid, prepareEntry(entry, uid, seconds), file);
}

/**
 * Replaces the content that `change` was shown; `change` throws when it must not be replaced. A save
 * that is waiting in the datastore's queue is done first and seen: it stays, and ours is not written.
 * Only a save that reaches the queue in the millisecond between our look and our call would be lost.
 */
export async function replaceContent(
  context: Context,
  datastore: Datastore,
  uid: Uid,
  file: string,
  change: (entry: Entry) => Entry,
): Promise<void> {
  const local = inJournal(context.paths, uid);
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const { entry, signature } = await readLiveEntry(context, uid);
    const changed = change(entry);
    await datastore.count(); // answered after everything that was queued before
    if (contentPart(entrySignature(local)) === contentPart(signature)) {
      return writeLiveEntry(context, datastore, uid, changed, file);
    }
  }
  throw beingWrittenTo(uid);
}

export function beingWrittenTo(uid: Uid): DsError {
  return new DsError('unreadable', `the entry ${uid} is being worked on`, {
    hint: 'close it and try again',
    retry: true,
  });
}
