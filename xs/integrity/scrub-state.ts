/**
 * The progress of the scrub, in `.scrub.json` (PROTOCOL.md), and how many shards are due. When it
 * cannot be read, a pass starts over.
 */
import { lstatSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { isErrno } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { type Paths, scrubState } from '../storage/paths.ts';
import { setAside } from '../storage/snapshots.ts';

/** The pool's folders: one is scrubbed at a time. */
export const SHARDS = 256;
/**
 * Shards that become due with each day of service: a pass takes 24 such days, so that a server that
 * runs for an hour a day, and not every day, has read everything within 30 days.
 */
const SHARDS_A_DAY = 11;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const time = v.pipe(v.string(), v.isoTimestamp());
const stateSchema = v.object({
  version: v.literal(1),
  /** The next shard to be read. */
  shard: v.pipe(count, v.maxValue(SHARDS - 1)),
  pass: v.pipe(count, v.minValue(1)),
  owed: v.pipe(count, v.maxValue(SHARDS)),
  passStarted: time,
  lastPassFinished: v.nullable(time),
  /** Read, and found damaged, in this pass so far. */
  files: count,
  bytes: count,
  damaged: count,
});
export type ScrubState = v.InferOutput<typeof stateSchema>;

/** Shards due after `days` more days of service: never more than one whole pass. */
export function shardsOwed(owed: number, days: number): number {
  return Math.min(SHARDS, owed + days * SHARDS_A_DAY);
}

/** To be called once on each day of service. */
export function addDay(state: ScrubState): ScrubState {
  return { ...state, owed: shardsOwed(state.owed, 1) };
}

/** The state on the disk, or that of a new pass; a damaged file is logged. */
export function readScrubState(paths: Paths, now: Date, log: Log): ScrubState {
  const path = scrubState(paths);
  try {
    return v.parse(stateSchema, JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn('scrub-state-lost', { path, reason, consequence: 'the pass starts over' });
    }
    return {
      ...{ version: 1, shard: 0, pass: 1, owed: 0, files: 0, bytes: 0, damaged: 0 },
      ...{ passStarted: now.toISOString(), lastPassFinished: null },
    };
  }
}

export function writeScrubState(paths: Paths, state: ScrubState): void {
  const path = scrubState(paths);
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) setAside(path);
  writeFileDurably(path, `${JSON.stringify(state)}\n`, 0o640);
}
