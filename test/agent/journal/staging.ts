/**
 * Scans and stages a small Journal as a backup does.
 */
import {
  type Batch,
  type Need,
  type StageOptions,
  stageBatches,
} from '../../../agent/backup/stage.ts';
import type { Freshness } from '../../../agent/freshness.ts';
import type { Problem } from '../../../agent/journal/problem.ts';
import { fileSystemMoment, scanJournal } from '../../../agent/journal/scan.ts';
import type { Paths } from '../../../agent/paths.ts';
import type { KnownEntry } from '../../../agent/state.ts';
import { type Clock, realClock } from '../../../shared/clock.ts';
import type { Digest, Uid } from '../../../shared/ids.ts';

/** What a test wrote just now counts as settled, unless the test is about that. */
export const SETTLED: Freshness = { racyNs: 0n, settledMs: 0 };

/** The times in signatures are rounded to a quarter of a microsecond. */
const ROUNDING_NS = 1000n;

export interface StageTestOptions {
  known?: ReadonlyMap<Uid, KnownEntry>;
  base?: StageOptions['base'];
  need?: (uid: Uid, digest: Digest, content: Digest | null) => Need;
  moment?: bigint;
  clock?: Clock;
  /** `SETTLED` by default. */
  freshness?: Freshness;
  batch?: StageOptions['batch'];
}

/** Scans and stages a Journal as a backup does. */
export async function stage(paths: Paths, options: StageTestOptions = {}) {
  const moment = options.moment ?? fileSystemMoment(paths.staging) + ROUNDING_NS;
  const scan = await scanJournal(paths, options.known ?? new Map(), () => moment);
  const read = new Map<Uid, KnownEntry>();
  const problems: Problem[] = [...scan.problems];
  const batches: Batch[] = [];
  const entries = scan.toRead.map(({ entry }) => entry);
  for await (const batch of stageBatches(entries, {
    folder: paths.staging,
    batch: options.batch ?? { bytes: 1 << 20, entries: 500 },
    moment,
    clock: options.clock ?? realClock,
    freshness: options.freshness ?? SETTLED,
    signal: new AbortController().signal,
    ...(options.base && { base: options.base }),
    need: options.need ?? (() => 'all'),
    onRead: (uid, known) => read.set(uid, known),
    onProblem: (problem) => problems.push(problem),
  })) {
    batches.push(batch);
  }
  return { scan, read, problems, batches };
}
