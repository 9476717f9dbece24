/**
 * Estimates how long a job still takes, as a range: no estimate in the first seconds, and none more
 * exact than the figures allow.
 */
import { fraction, type Progress } from '../progress.ts';

/** From and to, in seconds; both 0 while unknown. */
export type TimeLeft = readonly [number, number];

const UNKNOWN: TimeLeft = [0, 0];
/** No estimate before this, in milliseconds. */
const SILENT_MS = 20_000;
/** No estimate below this share of the work. */
const LEAST_PART = 0.02;
/** The range: the rest may take a fifth less or half more than at the present rate. */
const BEST = 0.8;
const WORST = 1.5;

/** `elapsedMs` counts from the first byte or entry that was transferred. */
export function timeLeft(progress: Progress, elapsedMs: number): TimeLeft {
  const part = fraction(progress);
  if (elapsedMs < SILENT_MS || part < LEAST_PART) return UNKNOWN;
  const seconds = (elapsedMs / 1000) * ((1 - part) / part);
  return [Math.floor(seconds * BEST), Math.ceil(seconds * WORST)];
}
