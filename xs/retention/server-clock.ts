/**
 * Whether the server's clock can be believed (E2). School servers have no internet and often no
 * battery for their clock: it wakes up in 1970, or years ahead. What is deleted because of its age
 * is deleted only while time goes on as it did before.
 *
 * The judgement is pure; the memory is one small file in the library, since the clock itself cannot
 * tell.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { isErrno } from '../../shared/errors.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inLibrary, type Paths } from '../storage/paths.ts';
import { CLOCK_TOLERANCE_MS } from './retention.ts';

const isoTime = v.pipe(v.string(), v.isoTimestamp());
const memorySchema = v.strictObject({
  version: v.literal(1),
  /** The last time that was looked at. */
  seen: isoTime,
  /** A jump that has not been explained. */
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
  /** What is wrong with it, for people; empty when trusted. */
  reason: string;
  memory: ClockMemory;
}

const DAY_MS = 86_400_000;
/** A server that was off for longer than this was off for the holidays, or its clock lies. */
const SHORT_GAP_MS = 21 * DAY_MS;
/** Longer than any holidays. */
const LONG_GAP_MS = 365 * DAY_MS;
/** After a jump, so many different days in order are as good as an explanation. */
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

/** An old jump that still stands, with the days seen since; null when it is explained by now. */
function explain(jump: Jump, now: Date, seen: number): Jump | null {
  const [from, to] = [Date.parse(jump.from), Date.parse(jump.to)];
  const back = now.getTime() - from;
  // Set right again: it shows a time that may well follow on the one before the jump.
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

/** Looks at the clock and remembers what was seen. */
export function observeClock(paths: Paths, now: Date, newest: Date | undefined): ClockJudgement {
  const judgement = judgeClock(readClockMemory(paths), now, newest);
  writeMemory(paths, judgement.memory);
  return judgement;
}

/** A person says that the clock is right as it is. */
export function trustClock(paths: Paths, now: Date): void {
  writeMemory(paths, { version: 1, seen: now.toISOString(), jump: null });
}

/** What is remembered; undefined when it is absent or cut short. */
export function readClockMemory(paths: Paths): ClockMemory | undefined {
  try {
    return v.parse(memorySchema, JSON.parse(readFileSync(inLibrary(paths).clock, 'utf8')));
  } catch (error) {
    if (isErrno(error, 'EIO', 'EACCES')) throw error;
    return undefined; // the newest snapshot has to do
  }
}

function writeMemory(paths: Paths, memory: ClockMemory): void {
  writeFileDurably(inLibrary(paths).clock, `${JSON.stringify(memory)}\n`, 0o640);
}
