/**
 * How long a job still takes, as a range: nothing is said in the first seconds, and nothing more exact
 * than can be known (UI rule 6).
 */
import { fraction, type Progress } from '../progress.ts';

/** From and to, in seconds; both 0 while unknown. */
export type TimeLeft = readonly [number, number];

const UNKNOWN: TimeLeft = [0, 0];
/** Nothing is said earlier, in milliseconds. */
const SILENT_MS = 20_000;
/** Less than this done says nothing about the rest. */
const LEAST_PART = 0.02;
/** The range: the pace may still get better by a fifth, or worse by half. */
const BEST = 0.8;
const WORST = 1.5;

/** `elapsedMs` since the bytes or entries began to move. */
export function timeLeft(progress: Progress, elapsedMs: number): TimeLeft {
  const part = fraction(progress);
  if (elapsedMs < SILENT_MS || part < LEAST_PART || part >= 1) return UNKNOWN;
  const seconds = (elapsedMs / 1000) * ((1 - part) / part);
  return [Math.floor(seconds * BEST), Math.ceil(seconds * WORST)];
}
