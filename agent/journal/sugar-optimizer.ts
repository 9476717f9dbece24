/**
 * Protects contents from the optimizer of Sugar's datastore. It replaces a content by a hard link to the
 * first entry that `checksums/<MD5 of the content>/` names, without comparing. A power cut leaves names
 * there of entries that are gone or have other content by now: the content just written would be replaced
 * by that other one, or deleted. Names that are not true are removed before a content is written; what was
 * written counts only after the optimizer has finished with it.
 */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isErrno } from '../../shared/errors.ts';
import { parseUid, tryParse, type Uid } from '../../shared/ids.ts';
import { namesIn } from '../../shared/system/files.ts';
import type { Context } from '../context.ts';
import { inEntry, inJournal, type Paths } from '../paths.ts';
import type { Datastore } from './datastore.ts';

/** The optimizer's list of work is a folder beside the checksums. */
const QUEUE = 'queue';
/** Where names go before they are removed: the Journal may be on another disk than our folders. */
const ASIDE = '.ds-backup';
/** First pause between two looks at the queue; it doubles up to the longest one, in milliseconds. */
const SHORT_PAUSE_MS = 5;
const LONG_PAUSE_MS = 160;
/** Looks at a queue from which nothing disappears: then nobody works on it. */
const MAX_IDLE_LOOKS = 60;

/**
 * Removes the names of entries that are gone, or whose recorded checksum is another one: the datastore
 * records it before it adds the name. Does nothing while the optimizer has work.
 */
export function removeStaleNames(paths: Paths): void {
  const folder = checksumsOf(paths);
  if (namesIn(join(folder, QUEUE)).length > 0) return;
  for (const checksum of namesIn(folder)) {
    if (checksum === QUEUE) continue;
    removeNames(paths, checksum, (uid) => recordedChecksum(paths, uid) !== checksum);
  }
}

/**
 * Removes the names under this content's checksum whose contents are different ones, read in full: some
 * activities write into a content in place. Call it before the datastore is given the content.
 */
export async function protectContent({ paths, signal }: Context, content: string): Promise<void> {
  const folder = checksumsOf(paths);
  if (namesIn(folder).every((name) => name === QUEUE)) return;
  const checksum = await md5Of(content, signal);
  if (checksum === undefined || !existsSync(join(folder, checksum))) return;
  const byInode = new Map<bigint, boolean>();
  const untrue = new Set<string>();
  for (const uid of namesIn(join(folder, checksum))) {
    if (!(await isTrue(paths, uid, checksum, byInode, signal))) untrue.add(uid);
  }
  removeNames(paths, checksum, (uid) => untrue.has(uid));
}

/** Datastores whose optimizer has stopped: an error ends it until the datastore starts again. */
const stopped = new WeakSet<Datastore>();

/** Resolves when the optimizer has finished with this entry, or does not work at all. */
export async function awaitOptimizer(
  { paths, clock }: Context,
  datastore: Datastore,
  uid: Uid,
): Promise<void> {
  if (stopped.has(datastore)) return;
  const queue = join(checksumsOf(paths), QUEUE);
  let waiting = Number.POSITIVE_INFINITY;
  let pause = SHORT_PAUSE_MS;
  for (let idle = 0; idle < MAX_IDLE_LOOKS && existsSync(join(queue, uid)); idle += 1) {
    const now = namesIn(queue).length;
    if (now < waiting) idle = 0;
    waiting = now;
    await clock.sleep(pause); // not cut short: what was written must be checked
    pause = Math.min(pause * 2, LONG_PAUSE_MS);
  }
  if (existsSync(join(queue, uid))) stopped.add(datastore);
}

const checksumsOf = ({ journal }: Paths): string => join(journal, 'checksums');

async function isTrue(
  paths: Paths,
  uid: string,
  checksum: string,
  byInode: Map<bigint, boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  if (recordedChecksum(paths, uid) !== checksum) return false;
  const { content } = inEntry(inJournal(paths, uid as Uid));
  const ino = lstatSync(content, { bigint: true, throwIfNoEntry: false })?.ino;
  if (ino === undefined) return false;
  const known = byInode.get(ino);
  if (known !== undefined) return known;
  const same = (await md5Of(content, signal)) === checksum;
  byInode.set(ino, same);
  return same;
}

/** Undefined for a name that is no entry's, and for an entry without readable content and checksum. */
function recordedChecksum(paths: Paths, uid: string): string | undefined {
  const known = tryParse(parseUid, uid);
  if (!known) return undefined;
  const { content, metadata } = inEntry(inJournal(paths, known));
  try {
    lstatSync(content);
    return readFileSync(join(metadata, 'checksum'), 'latin1');
  } catch {
    return undefined;
  }
}

/**
 * A folder without a true name goes as a whole, by one rename: the optimizer takes the first name in any
 * folder that it finds, and stops for good at an empty one.
 */
function removeNames(paths: Paths, checksum: string, isStale: (uid: string) => boolean): void {
  const folder = join(checksumsOf(paths), checksum);
  const names = namesIn(folder);
  const stale = names.filter(isStale);
  if (stale.length === names.length) {
    const aside = join(checksumsOf(paths), ASIDE);
    rmSync(aside, { recursive: true, force: true });
    try {
      renameSync(folder, aside);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    rmSync(aside, { recursive: true, force: true });
    return;
  }
  for (const uid of stale) {
    try {
      unlinkSync(join(folder, uid));
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}

/** In hexadecimal, as `md5sum` prints it; undefined for a file that cannot be read. */
async function md5Of(path: string, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash('md5');
  try {
    await pipeline(createReadStream(path), hash, { signal });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
  return hash.digest('hex');
}
