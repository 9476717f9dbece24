/**
 * Whether the server's clock can be trusted. School servers have no internet and often no clock
 * battery: after a power cut the date may be in 1970, or years ahead. Deletions by age happen only
 * while time continues from where it was before.
 *
 * The judgement is pure; what was seen before is remembered in one small file in the library.
 */
import { lstatSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { asDsError, isErrno } from '../../shared/errors.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inLibrary, type Paths } from '../storage/paths.ts';
import { withReserve } from '../storage/reserve.ts';
import { setAside } from '../storage/snapshots.ts';
import { CLOCK_TOLERANCE_MS } from './retention.ts';

const isoTime = v.pipe(v.string(), v.isoTimestamp());
const memorySchema = v.strictObject({
  version: v.literal(1),
  /** The time at the last observation. */
  seen: isoTime,
  /** A jump that is not explained yet. */
  jump: v.nullable(
    v.strictObject({
      from: isoTime,
      to: isoTime,
      /** Different dates seen since. */
      days: v.pipe(v.number(), v.safeInteger()),
    }),
  ),
});
export type ClockMemory = v.InferOutput<typeof memorySchema>;
type Jump = NonNullable<ClockMemory['jump']>;

export interface ClockJudgement {
  trusted: boolean;
  /** Why it is not trusted, for people; empty when it is. */
  reason: string;
  memory: ClockMemory;
}

const DAY_MS = 86_400_000;
/** A longer gap means holidays or a wrong clock. */
const SHORT_GAP_MS = 21 * DAY_MS;
/** Longer than any holidays. */
const LONG_GAP_MS = 365 * DAY_MS;
/** After a jump, the clock is trusted again after this many different days in order. */
const DAYS_TO_BELIEVE = { afterHolidays: 7, afterYears: 31 };

/** `newest` is when the newest snapshot of the library was made, by the clock of that time. */
export function judgeClock(
  memory: ClockMemory | undefined,
  now: Date,
  newest: Date | undefined,
): ClockJudgement {
  const seen = memory ? Date.parse(memory.seen) : (newest?.getTime() ?? now.getTime());
  const jump = memory?.jump ? explain(memory.jump, now, seen) : findJump(seen, now);
  const next: ClockMemory = { version: 1, seen: now.toISOString(), jump };
  return { trusted: jump === null, reason: jump ? describe(jump) : '', memory: next };
}

/** An earlier jump, with the days seen since; null when it is explained by now. */
function explain(jump: Jump, now: Date, seen: number): Jump | null {
  const [from, to] = [Date.parse(jump.from), Date.parse(jump.to)];
  const back = now.getTime() - from;
  // The clock was corrected: its time may well follow the one before the jump.
  const plausible = back >= -CLOCK_TOLERANCE_MS && back <= LONG_GAP_MS;
  if (plausible && (to < from || now.getTime() < to - CLOCK_TOLERANCE_MS)) return null;
  const onward = now.getTime() - seen;
  if (onward < -CLOCK_TOLERANCE_MS || onward > SHORT_GAP_MS) return { ...jump, days: 0 };
  const newDay = dateOf(now) !== dateOf(new Date(seen));
  const days = jump.days + (newDay ? 1 : 0);
  const { afterHolidays, afterYears } = DAYS_TO_BELIEVE;
  const holidays = to > from && to - from <= LONG_GAP_MS;
  return days >= (holidays ? afterHolidays : afterYears) ? null : { ...jump, days };
}

function findJump(seen: number, now: Date): Jump | null {
  const gap = now.getTime() - seen;
  if (gap >= -CLOCK_TOLERANCE_MS && gap <= SHORT_GAP_MS) return null;
  return { from: new Date(seen).toISOString(), to: now.toISOString(), days: 0 };
}

function describe({ from, to }: Jump): string {
  return `the clock jumped from ${from.slice(0, 16)} to ${to.slice(0, 16)}`;
}

function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Judges the clock and remembers what was seen. */
export function observeClock(paths: Paths, now: Date, newest: Date | undefined): ClockJudgement {
  const judgement = judgeClock(readClockMemory(paths), now, newest);
  try {
    writeMemory(paths, judgement.memory);
    return judgement;
  } catch (error) {
    // A full or read-only disk: the service goes on, but nothing is removed by its age.
    const reason = `the time cannot be noted in ${inLibrary(paths).clock}: ${asDsError(error).message}`;
    return { ...judgement, trusted: false, reason };
  }
}

/** A person confirms that the clock is right. */
export function trustClock(paths: Paths, now: Date): void {
  writeMemory(paths, { version: 1, seen: now.toISOString(), jump: null });
}

/** What is remembered; undefined when the file is missing or damaged. */
export function readClockMemory(paths: Paths): ClockMemory | undefined {
  try {
    return v.parse(memorySchema, JSON.parse(readFileSync(inLibrary(paths).clock, 'utf8')));
  } catch (error) {
    if (isErrno(error, 'EMFILE', 'ENFILE', 'ENOMEM')) throw error;
    return undefined; // the date of the newest snapshot is used instead
  }
}

function writeMemory(paths: Paths, memory: ClockMemory): void {
  const { clock } = inLibrary(paths);
  if (lstatSync(clock, { throwIfNoEntry: false })?.isDirectory()) setAside(clock);
  const text = `${JSON.stringify(memory)}\n`;
  withReserve(paths, () => writeFileDurably(clock, text, 0o640));
}
