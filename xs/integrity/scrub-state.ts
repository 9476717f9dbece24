/**
 * How far the scrub is, kept in `.scrub.json` (PROTOCOL.md), and how much of it is owed. A state that
 * cannot be read only costs a pass that begins anew.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { isErrno } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { type Paths, scrubState } from '../storage/paths.ts';

/** The pool's folders: one is scrubbed at a time. */
export const SHARDS = 256;
/**
 * A day of service owes so many: a pass in 24 such days, so that a server which runs an hour a day,
 * and not on every day, has read everything within 30 days (X11).
 */
export const SHARDS_A_DAY = 11;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const time = v.pipe(v.string(), v.isoTimestamp());
const stateSchema = v.object({
  version: v.literal(1),
  /** The next one to be read. */
  shard: v.pipe(count, v.maxValue(SHARDS - 1)),
  pass: v.pipe(count, v.minValue(1)),
  owed: v.pipe(count, v.maxValue(SHARDS)),
  passStarted: time,
  lastPassFinished: v.nullable(time),
  /** Read in this pass so far, and found damaged. */
  files: count,
  bytes: count,
  damaged: count,
});
export type ScrubState = v.InferOutput<typeof stateSchema>;

/** What is owed after so many more days of service: never more than one whole pass. */
export function shardsOwed(owed: number, days: number): number {
  return Math.min(SHARDS, owed + days * SHARDS_A_DAY);
}

/** To be called once in each day of service. */
export function addDay(state: ScrubState): ScrubState {
  return { ...state, owed: shardsOwed(state.owed, 1) };
}

/** Where the scrub stands; a new pass where that is not known, which is said when it is a loss. */
export function readScrubState(paths: Paths, now: Date, log: Log): ScrubState {
  const path = scrubState(paths);
  try {
    return v.parse(stateSchema, JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn('scrub-state-lost', { path, reason, consequence: 'a pass begins anew' });
    }
    return {
      ...{ version: 1, shard: 0, pass: 1, owed: 0, files: 0, bytes: 0, damaged: 0 },
      ...{ passStarted: now.toISOString(), lastPassFinished: null },
    };
  }
}

export function writeScrubState(paths: Paths, state: ScrubState): void {
  writeFileDurably(scrubState(paths), `${JSON.stringify(state)}\n`, 0o640);
}
