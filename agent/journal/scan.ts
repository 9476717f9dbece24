/**
 * Which entries changed since they were last read: three `lstat`s per entry, and no reading.
 */
import { closeSync, fstatSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DsError, isErrno, isSystemError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import type { TreeEntry } from '../../shared/journal/journal-tree.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import type { Freshness } from '../freshness.ts';
import type { Paths } from '../paths.ts';
import type { KnownEntry } from '../state.ts';
import { inspectLocal, listJournalEntries } from './each-layout.ts';
import { isDerived, nameOf, notListed } from './entry-name.ts';
import { isOfFolder, type Problem, problemOf } from './problem.ts';
import { lastingSignature } from './read-entry.ts';
import type { Recheck } from './recheck.ts';

export interface Scan {
  /** The file system's time before anything is read, in nanoseconds since 1970; 0 for nothing. */
  moment: bigint;
  unchanged: Map<Uid, Digest>;
  /** Those of them that were read all the same, and are as they were. */
  reread: Map<Uid, KnownEntry>;
  /** Where those are whose names in the Journal are not their uids, or that are in the first layout. */
  renamed: Map<Uid, TreeEntry>;
  /** New or perhaps changed: to be read. `bytes` is an estimate of what it takes. */
  toRead: { entry: TreeEntry; bytes: number }[];
  /** There, but not readable as an entry. */
  problems: Problem[];
}

/** Metadata of an ordinary entry, in bytes: properties and a preview. */
const TYPICAL_METADATA_BYTES = 4096;

/** How long to scan in one go, in milliseconds, before the network, which has many short tasks, gets a turn. */
const SLICE_MS = 1;

/**
 * Compares the whole Journal with what is known. `moment` is asked for the file system's time only when
 * something is to be read, because finding it out is a write. `onChange` is called at once for each
 * new or changed entry, and awaited; its error ends the scan. `recheck` says which entries are read although
 * they look unchanged. Throws `unreadable` without a Journal.
 */
export async function scanJournal(
  paths: Paths,
  known: ReadonlyMap<Uid, KnownEntry>,
  moment: () => bigint,
  onChange: () => void | Promise<void> = () => {},
  recheck?: Recheck,
  freshness?: Freshness,
): Promise<Scan> {
  const pause = pacemaker(SLICE_MS);
  const scan: Scan = {
    ...{ moment: 0n, unchanged: new Map(), renamed: new Map(), reread: new Map() },
    ...{ toRead: [], problems: [] },
  };
  for (const entry of listJournal(paths, scan.problems)) {
    const before = scan.toRead.length;
    if (nameOf(entry) !== entry.uid) scan.renamed.set(entry.uid, entry);
    try {
      const inspection = inspectLocal(entry);
      const { signature } = inspection;
      const last = known.get(entry.uid);
      const looksSame = last?.signature === signature;
      const isDoubtful =
        last?.signature === null || (looksSame && recheck?.isDue(entry, inspection));
      if (last && isDoubtful && recheck) scan.moment ||= moment();
      const found = last && isDoubtful ? await recheck?.read(entry) : undefined;
      // What is odd about it is told where it is staged, also when the rest of it is as it was.
      if (last && found?.digest === last.digest && found.oddities.length === 0) {
        const lasting = lastingSignature(found.signature, scan.moment, freshness);
        scan.reread.set(entry.uid, { ...last, signature: lasting });
        scan.unchanged.set(entry.uid, last.digest);
      } else if (last && looksSame && !(isDoubtful && recheck)) {
        scan.unchanged.set(entry.uid, last.digest);
      } else scan.toRead.push({ entry, bytes: contentBytes(signature) + TYPICAL_METADATA_BYTES });
    } catch (error) {
      const problem = problemOf(entry, error);
      if (problem) scan.problems.push(problem);
    }
    if (scan.toRead.length > before) await onChange();
    await pause();
  }
  if (scan.toRead.length > 0) scan.moment ||= moment();
  return scan;
}

/**
 * All problems of a scan. The uid of an entry with an odd name does not say in which folder it is: while one
 * cannot be listed, each of `known` that was not found may be in it, and is not called deleted.
 */
export function problemsIn({ unchanged, toRead, problems }: Scan, known: Iterable<Uid>): Problem[] {
  const folder = problems.find(isOfFolder);
  if (!folder) return problems;
  const found = new Set<string>([...unchanged.keys(), ...toRead.map(({ entry }) => entry.uid)]);
  for (const { uid } of problems) found.add(uid);
  const unfound = [...new Set(known)].filter((uid) => isDerived(uid) && !found.has(uid));
  return [
    ...problems,
    ...unfound.map((uid) => {
      return { uid, problem: `Journal entry ${uid} is not found; ${folder.problem}` };
    }),
  ];
}

/**
 * The file system's own time, which may differ from the clock's, in nanoseconds since 1970; the clock's where
 * the folder cannot be written to, as on a damaged disk.
 */
export function fileSystemMoment(folder: string): bigint {
  const probe = join(folder, '.moment');
  try {
    const fd = openSync(probe, 'w', 0o600);
    try {
      return fstatSync(fd, { bigint: true }).mtimeNs; // another program may remove it at any moment
    } finally {
      closeSync(fd);
    }
  } catch {
    return BigInt(Date.now()) * 1_000_000n;
  } finally {
    ifSpared(() => rmSync(probe, { force: true }));
  }
}

function ifSpared(work: () => void): void {
  try {
    work();
  } catch {
    // the next one writes over it
  }
}

/** Throws `unreadable` where there is no Journal, or none that can be listed. */
export function requireJournal(paths: Paths): void {
  listing(paths, () => readdirSync(paths.journal));
}

function listJournal(paths: Paths, problems: Problem[]): TreeEntry[] {
  const report = (prefix: string, error: unknown) => {
    problems.push({ uid: `${prefix}/`, problem: notListed(prefix, error) });
  };
  return listing(paths, () => listJournalEntries(paths.journal, report));
}

function listing<T>(paths: Paths, list: () => T): T {
  try {
    return list();
  } catch (cause) {
    // An absent Journal is not an empty one: nothing must be removed from the backup for it.
    if (!isSystemError(cause)) throw cause;
    const there = isErrno(cause, 'ENOENT', 'ENOTDIR') ? 'there is no' : 'cannot list the';
    throw new DsError('unreadable', `${there} Journal at ${paths.journal}`, {
      hint: 'start Sugar once, or name the profile folder with --profile',
      cause,
    });
  }
}

/** A signature ends with the content's size, or `-` where there is none. */
function contentBytes(signature: string): number {
  return Number(signature.slice(signature.lastIndexOf(' ') + 1)) || 0;
}
