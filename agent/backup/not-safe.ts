/**
 * Tells the school server which entries are not safe after a backup, so that a teacher sees it. A report that
 * does not arrive fails no backup; it is made again by the next one.
 */
import { DsError } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import type { TreeEntry } from '../../shared/journal/journal-tree.ts';
import { NOT_SAFE_LIMITS, type NotSafe, parseNotSafe } from '../../shared/protocol/messages.ts';
import type { Context } from '../context.ts';
import { listJournalEntries, localTitle } from '../journal/each-layout.ts';
import { atSchool, problemsByEntry } from '../journal/problem.ts';
import type { Paths } from '../paths.ts';
import type { State } from '../state.ts';
import type { Control } from '../wire/api.ts';
import type { Reading } from './send.ts';

/** Whether the server has this very report already, so that nothing is left to say. */
export function isReported({ paths }: Context, state: State, reading: Reading): boolean {
  return state.reported === digestOfReport(notSafe(paths, reading));
}

/** Sends the report, unless all is safe and the server knows. */
export async function reportNotSafe(
  { paths, signal }: Context,
  control: Pick<Control, 'reportNotSafe'>,
  state: State,
  reading: Reading,
): Promise<void> {
  const report = notSafe(paths, reading);
  const digest = digestOfReport(report);
  if (report.count === 0 && state.reported === digest) return;
  try {
    await control.reportNotSafe(report);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DsError)) throw error;
    return;
  }
  await state.rememberReport(digest);
}

/** What a backup could not keep, or not all of it; those of which the school has least come first. */
export function notSafe(paths: Paths, { versions, problems }: Reading): NotSafe {
  const known = new Set(versions.keys());
  const { entries, folders } = problemsByEntry(problems, known);
  const count = entries.size + folders.length;
  if (count === 0) return { count, entries: [] };
  const rows = [
    ...folders.map((problem) => {
      return {
        uid: problem.uid.replace(/\p{C}/gu, '?'),
        problem,
        school: atSchool(problem, false),
      };
    }),
    ...[...entries].map(([uid, problem]) => {
      return { uid, problem, school: atSchool(problem, versions.has(uid)) };
    }),
  ].sort((a, b) => ORDER[a.school] - ORDER[b.school]);
  const titleOf = titlesIn(paths);
  const { title, why } = NOT_SAFE_LIMITS;
  const listed = rows.slice(0, NOT_SAFE_LIMITS.entries).map(({ uid, problem, school }) => {
    return { uid, title: titleOf(uid).slice(0, title), why: problem.problem.slice(0, why), school };
  });
  // As the server has it: without characters that do harm there.
  return parseNotSafe({ count, entries: listed });
}

const ORDER = { nothing: 0, older: 1, rest: 2 };

const digestOfReport = (report: NotSafe): Digest => digestOf(JSON.stringify(report));

/** Titles as they are on the disk now; empty where they cannot be read. */
function titlesIn({ journal }: Paths): (uid: string) => string {
  const listed = orEmpty<TreeEntry[]>([], () => listJournalEntries(journal, () => {}));
  const places = new Map<string, TreeEntry>(listed.map((entry) => [entry.uid, entry]));
  return (uid) => {
    const entry = places.get(uid);
    if (!entry) return '';
    return orEmpty('', () => localTitle(entry));
  };
}

function orEmpty<T>(empty: T, read: () => T): T {
  try {
    return read();
  } catch {
    return empty;
  }
}
