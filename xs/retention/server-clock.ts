/**
 * Whether the server's clock can be trusted, and how much time has surely passed. School servers have
 * no internet and often no clock battery: after a power cut the date may be in 1970, or years ahead.
 *
 * While the machine runs, only the time since its start measures ages. Time while it was off counts for
 * a day at most, only while the clock went on from where it was, and only for dates that were not
 * counted before. All of it is too little rather than too much. Pure.
 */

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { type Boot, DAY_MS } from '../../shared/clock.ts';
import { localTime } from '../../shared/words/local-time.ts';
import { CLOCK_TOLERANCE_MS } from './retention.ts';

const isoTime = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const jumpFields = { from: isoTime, to: isoTime, days: count };
const oldSchema = v.strictObject({
  version: v.literal(1),
  seen: isoTime,
  jump: v.nullable(v.strictObject(jumpFields)),
});
const memorySchema = v.strictObject({
  version: v.literal(2),
  /** Milliseconds that have surely passed since the library began. */
  at: milliseconds,
  /** What `at` was when time while the server was off was last added to it. */
  creditedAt: milliseconds,
  /** How many times the machine was started with this library. */
  boots: count,
  boot: v.nullable(v.strictObject({ id: v.string(), ms: milliseconds })),
  /** The time at the last observation. */
  seen: isoTime,
  /** The last time that was believed: only later ones add to `at`. */
  furthest: isoTime,
  /** A jump that is not explained yet. */
  jump: v.nullable(
    v.strictObject({
      ...jumpFields,
      /** `at` when it was noticed. */
      at: milliseconds,
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

/** A longer gap means holidays or a wrong clock. */
const SHORT_GAP_MS = 21 * DAY_MS;
/** A long weekend. After it the clock is believed, but what was longer adds nothing to ages. */
const CREDITED_GAP_MS = 4 * DAY_MS;
/** Longer than any holidays. */
const LONG_GAP_MS = 365 * DAY_MS;
/** After a jump, the clock is trusted again after this many different days in order. */
const DAYS_TO_BELIEVE = { afterHolidays: 7, afterYears: 31 };

/** What stands in for a memory that is missing or damaged: the newest stamps in the library. */
export interface Floor {
  at: number;
  boots: number;
  /** When the newest snapshot was made, by the clock of that time. */
  newest: Date | undefined;
}

/** The memory of a library that has none. */
export function newMemory({ at, boots, newest }: Floor, now: Date): ClockMemory {
  const seen = (newest ?? now).toISOString();
  return {
    ...{ version: 2, at, creditedAt: at, boots, boot: null },
    ...{ seen, furthest: seen, jump: null },
  };
}

/** Judges what the clock shows, and counts on. */
export function judgeClock(memory: ClockMemory, now: Date, boot: Boot): ClockJudgement {
  const { boot: last } = memory;
  const isSame = last?.id === boot.id && boot.ms >= last.ms;
  const served = isSame ? boot.ms - last.ms : last ? boot.ms : 0;
  const seen = Date.parse(memory.seen);
  const step = now.getTime() - seen - served;
  const at = memory.at + served;
  const jump = memory.jump
    ? explain({ ...memory, jump: memory.jump, at }, now, step)
    : findJump(seen, now, step, isSame ? CREDITED_GAP_MS : SHORT_GAP_MS, at);
  const isOn = !memory.jump && !jump;
  const credit = isOn && !isSame && last ? creditFor(memory, now, served) : 0;
  const furthest = Math.max(now.getTime(), isOn ? Date.parse(memory.furthest) : 0);
  return {
    trusted: jump === null,
    reason: jump ? describe(jump) : '',
    memory: {
      version: 2,
      at: at + credit,
      creditedAt: credit > 0 ? at + credit : memory.creditedAt,
      boots: memory.boots + (isSame ? 0 : 1),
      boot,
      seen: now.toISOString(),
      furthest: jump ? memory.furthest : new Date(furthest).toISOString(),
      jump,
    },
  };
}

/** Time while the server was off, beyond what the machine itself has run since. */
function creditFor({ furthest }: ClockMemory, now: Date, served: number): number {
  const gap = now.getTime() - Date.parse(furthest);
  if (gap > CREDITED_GAP_MS) return 0;
  const off = Math.min(gap - served, DAY_MS);
  return off > CLOCK_TOLERANCE_MS ? off : 0;
}

interface Unexplained extends Pick<ClockMemory, 'seen' | 'at'> {
  jump: Jump;
}

/** An earlier jump, with the days seen since; null when it is explained by now. */
function explain({ jump, seen, at }: Unexplained, now: Date, step: number): Jump | null {
  const [from, to] = [Date.parse(jump.from), Date.parse(jump.to)];
  const back = now.getTime() - from;
  // The clock was corrected: its time may well follow the one before the jump.
  const plausible = back >= -CLOCK_TOLERANCE_MS && back <= SHORT_GAP_MS + (at - jump.at);
  if (plausible && (to < from || now.getTime() < to - CLOCK_TOLERANCE_MS)) return null;
  if (step < -CLOCK_TOLERANCE_MS || step > SHORT_GAP_MS) {
    return { ...jump, to: now.toISOString(), days: 0 };
  }
  const newDay = dateOf(now) !== seen.slice(0, 10);
  const days = jump.days + (newDay ? 1 : 0);
  const { afterHolidays, afterYears } = DAYS_TO_BELIEVE;
  const holidays = to > from && to - from <= LONG_GAP_MS;
  return days >= (holidays ? afterHolidays : afterYears) ? null : { ...jump, days };
}

function findJump(seen: number, now: Date, step: number, longest: number, at: number): Jump | null {
  if (step >= -CLOCK_TOLERANCE_MS && step <= longest) return null;
  return { from: new Date(seen).toISOString(), to: now.toISOString(), days: 0, at };
}

function describe({ from, to }: Jump): string {
  return `the clock jumped from ${localTime(from)} to ${localTime(to)}`;
}

function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** As the file has it: with a sum, so that a damaged number is noticed. */
export function formatMemory(memory: ClockMemory): string {
  return `${JSON.stringify({ ...memory, sum: sumOf(memory) })}\n`;
}

/**
 * Undefined for a text that is damaged. The memory of an older version says nothing about ages: they
 * begin.
 */
export function parseMemory(text: string): ClockMemory | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const old = v.safeParse(oldSchema, value);
  if (old.success) {
    const { seen, jump } = old.output;
    const begun = newMemory({ at: 0, boots: 0, newest: new Date(seen) }, new Date(seen));
    return { ...begun, jump: jump && { ...jump, at: 0 } };
  }
  const sealed = v.safeParse(v.strictObject({ ...memorySchema.entries, sum: v.string() }), value);
  if (!sealed.success) return undefined;
  const { sum, ...memory } = sealed.output;
  return sum === sumOf(memory) ? memory : undefined;
}

function sumOf(memory: ClockMemory): string {
  const parts = Object.entries(memory).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
