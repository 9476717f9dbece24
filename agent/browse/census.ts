/**
 * Where every entry that Sugar shows stands: safe at school, waiting for the next backup, or a problem with
 * a name. Pure; the sum is the number of entries.
 */
import type { Digest, SnapshotName, Uid } from '../../shared/ids.ts';
import { atSchool, type Problem, problemsByEntry } from '../journal/problem.ts';

export interface CensusInput {
  /** Entries on the disk, and the version of each; undefined where it changed since it was last read. */
  local: ReadonlyMap<Uid, Digest | undefined>;
  /** Entries that Sugar shows; undefined where Sugar does not run, and what is on the disk counts. */
  shown: ReadonlySet<Uid> | undefined;
  /** The newest snapshot that the server confirmed. */
  confirmed: { snapshot: SnapshotName; versions: ReadonlyMap<Uid, Digest> } | undefined;
  /** What was found when the entries were last read, and now. */
  problems: readonly Problem[];
}

export type Standing = { uid: string } & (
  | { state: 'safe'; digest: Digest; snapshot: SnapshotName }
  /** New or changed: the next backup takes it. */
  | { state: 'waiting' }
  /** `advice` says what to do. */
  | { state: 'problem'; problem: string; advice: string }
);

const ADVICE = {
  rest: 'the rest of it is backed up; save a copy of it in its activity',
  older: 'the school has an earlier version of it, which a restore brings back',
  nothing: 'copy it to a stick, and show this laptop to a teacher',
  absent: 'restart Sugar; if it stays so, show this laptop to a teacher',
} as const;

/** One row for each entry; the problems first, then what waits. */
export function takeCensus({ local, shown, confirmed, problems }: CensusInput): Standing[] {
  const base = confirmed?.versions ?? new Map<Uid, Digest>();
  const uids = shown ?? new Set([...local.keys()]);
  // Without Sugar, entries that cannot be listed are known from the last backup only.
  const known = new Set([...uids, ...local.keys(), ...base.keys()]);
  const { entries: told, folders } = problemsByEntry(problems, known);
  const hidden = shown ? [] : [...told].filter(([uid, { partial }]) => !partial && !local.has(uid));
  const all = new Set([...uids, ...hidden.map(([uid]) => uid)]);
  const rows = [...all].map((uid): Standing => {
    const problem = told.get(uid);
    if (problem) return problemRow(uid, problem, base.has(uid));
    if (!local.has(uid)) {
      const text = `Journal entry ${uid}: Sugar shows it, and its files are not there`;
      const advice = base.has(uid) ? ADVICE.older : ADVICE.absent;
      return { uid, state: 'problem', problem: text, advice };
    }
    const digest = local.get(uid);
    const isSafe = confirmed && digest !== undefined && base.get(uid) === digest;
    return isSafe
      ? { uid, state: 'safe', digest, snapshot: confirmed.snapshot }
      : { uid, state: 'waiting' };
  });
  const unlisted = folders.map((problem) => problemRow(problem.uid, problem, false));
  return [...unlisted, ...rows].sort((a, b) => ORDER[a.state] - ORDER[b.state]);
}

export interface CensusCounts {
  total: number;
  safe: number;
  /** New or changed. */
  toSend: number;
  problems: number;
}

export function countStandings(standings: readonly Standing[]): CensusCounts {
  const count = (state: Standing['state']) => standings.filter((one) => one.state === state).length;
  const [safe, toSend, problems] = [count('safe'), count('waiting'), count('problem')];
  return { total: standings.length, safe, toSend, problems };
}

const ORDER = { problem: 0, waiting: 1, safe: 2 };

function problemRow(uid: string, problem: Problem, hasVersion: boolean): Standing {
  const advice = ADVICE[atSchool(problem, hasVersion)];
  return { uid, state: 'problem', problem: problem.problem, advice };
}
