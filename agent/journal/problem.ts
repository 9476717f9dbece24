/**
 * What is wrong with one entry: reported by name, while the others go on.
 */
import { lstatSync } from 'node:fs';
import { asDsError, isErrno, isSystemError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import type { TreeEntry } from '../../shared/journal/journal-tree.ts';
import type { Prefix, Problem } from '../state.ts';

export type { Problem } from '../state.ts';

/** Errors about this computer as a whole. */
const OF_ALL = ['EMFILE', 'ENFILE', 'ENOMEM'];
/** Errors about where we write, unless they come from looking at the entry, as on a damaged disk. */
const OF_WRITING = ['ENOSPC', 'EDQUOT', 'EROFS'];
const LOOKING = ['lstat', 'stat', 'statx', 'fstat', 'read', 'scandir'];

/**
 * What to report about an entry whose reading failed; undefined when the entry is simply gone.
 * Throws the error again when it is not about this one entry.
 */
export function problemOf(entry: TreeEntry, error: unknown): Problem | undefined {
  const known = asDsError(error);
  const ours = known.code === 'unreadable' || known.code === 'bad-input';
  const cause = ours ? known.cause : error;
  if (isErrno(cause, ...OF_ALL)) throw error;
  if (isErrno(cause, ...OF_WRITING) && !isAboutReading(entry, cause)) throw error;
  if (!ours && !isSystemError(error)) throw error;
  if (isGone(entry)) return undefined;
  const named = known.message.includes(entry.uid);
  const problem = named ? known.message : `Journal entry ${entry.uid}: ${known.message}`;
  return { uid: entry.uid, problem };
}

function isAboutReading({ path }: TreeEntry, error: NodeJS.ErrnoException): boolean {
  const { syscall = '', path: where = '' } = error;
  return LOOKING.includes(syscall) || (syscall === 'open' && where.startsWith(`${path}/`));
}

/** Only when the file system says so: a folder that cannot be looked into is not an empty one. */
export function isGone({ path }: Pick<TreeEntry, 'path'>): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** The entries that a problem is about; of a folder, those of `known` whose uids belong into it. */
export function concernedBy({ uid }: Problem, known: Iterable<Uid>): Uid[] {
  if (!isPrefix(uid)) return [uid];
  const start = uid.slice(0, -1);
  return [...known].filter((one) => one.startsWith(start));
}

/** Of a two-letter folder that cannot be listed. */
export function isOfFolder({ uid }: Problem): boolean {
  return isPrefix(uid);
}

function isPrefix(uid: Uid | Prefix): uid is Prefix {
  return uid.endsWith('/');
}

/** What the school has of an entry with a problem: all but the problem, an earlier version, nothing. */
export type AtSchool = 'rest' | 'older' | 'nothing';

/** `hasVersion`: whether the newest snapshot has a version of the entry. */
export function atSchool({ partial }: Problem, hasVersion: boolean): AtSchool {
  return partial ? 'rest' : hasVersion ? 'older' : 'nothing';
}

/** One problem for each entry; one that keeps it out of the backup counts before what is merely odd. */
export function problemsByEntry(
  problems: readonly Problem[],
  known: ReadonlySet<Uid>,
): { entries: Map<Uid, Problem>; folders: Problem[] } {
  const entries = new Map<Uid, Problem>();
  const folders: Problem[] = [];
  for (const problem of problems) {
    const own = concernedBy(problem, known);
    for (const uid of own) {
      if (!entries.has(uid) || entries.get(uid)?.partial) entries.set(uid, problem);
    }
    if (own.length === 0) folders.push(problem);
  }
  return { entries, folders };
}
