/** What a thousand laptops in ten minutes may cost (issue "School"), whatever the day. */
import * as assert from 'uvu/assert';
import { ours } from './methods.ts';
import { type Day, idealSeconds, makeLaptops, USUAL } from './school-day.ts';
import { bestPossible, type Outcome, simulate } from './simulate.ts';

export interface Figures {
  seed: number;
  atOnce: number;
  /** Of those that stay: how many were never served. */
  starved: number;
  /** The last one's end, beside the ideal. */
  allDone: number;
  /** Beside the best possible. */
  p95Wait: number;
  requestsPerLaptop: number;
  peakPerMinute: number;
  /** The most first questions in a minute: no server can have fewer requests. */
  mostArrivals: number;
}

export const LIMITS = {
  ...{ atOnce: USUAL.slots, starved: 0, allDone: 1.4, p95Wait: 1.1 },
  ...{ requestsPerLaptop: 6, peakPerMinute: 150 },
} as const;
export const LIMITED = Object.keys(LIMITS) as (keyof typeof LIMITS)[];

/** The day of this seed that the limits are about, and what came of it. */
export function measureDay(seed: number, liars = 0): Figures {
  const day: Day = { ...USUAL, name: '', laptops: 1000, arrival: { within: 600 }, seed, liars };
  const outcome: Outcome = simulate(day, ours);
  const { atOnce, requestsPerLaptop, peakPerMinute } = outcome;
  const arrivals = new Array<number>(10).fill(0);
  for (const { arrives } of makeLaptops(day)) {
    const minute = Math.floor(arrives / 60);
    arrivals[minute] = (arrivals[minute] ?? 0) + 1;
  }
  return {
    ...{ seed, atOnce, requestsPerLaptop, peakPerMinute },
    starved: outcome.staying - outcome.done,
    allDone: outcome.allDone / idealSeconds(day),
    p95Wait: outcome.p95Wait / bestPossible(day).p95Wait,
    mostArrivals: Math.max(...arrivals),
  };
}

export function isWithin(figures: Figures): boolean {
  return LIMITED.every((what) => figures[what] <= LIMITS[what]);
}

export function assertWithinLimits(seed: number, liars = 0): void {
  const figures = measureDay(seed, liars);
  const found = JSON.stringify(figures);
  for (const what of LIMITED) {
    assert.ok(figures[what] <= LIMITS[what], `${what} at most ${LIMITS[what]}: ${found}`);
  }
  assert.is(figures.atOnce, LIMITS.atOnce, `all slots are used: ${found}`);
}
