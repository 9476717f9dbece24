/** What a thousand laptops in ten minutes may cost (issue "School"), whatever the day. */
import * as assert from 'uvu/assert';
import { ours } from './methods.ts';
import { type Day, idealSeconds, USUAL } from './school-day.ts';
import { bestPossible, simulate } from './simulate.ts';

export function assertWithinLimits(seed: number): void {
  const day: Day = { ...USUAL, name: '', laptops: 1000, arrival: { within: 600 }, seed };
  const outcome = simulate(day, ours);
  const { atOnce, done, staying, requestsPerLaptop, peakPerMinute } = outcome;
  const allDone = outcome.allDone / idealSeconds(day);
  const p95 = outcome.p95Wait / bestPossible(day).p95Wait;
  const found = `${JSON.stringify({ seed, atOnce, requestsPerLaptop, peakPerMinute, allDone, p95 })}`;
  assert.is(atOnce, day.slots, `leases are never above the slots: ${found}`);
  assert.equal([done, staying], [900, 900], `no laptop starves: ${found}`);
  assert.ok(allDone <= 1.4, `all done within 1.4 times the ideal: ${found}`);
  assert.ok(p95 <= 1.1, `19 of 20 wait at most 1.1 times as long as with foresight: ${found}`);
  assert.ok(requestsPerLaptop <= 6, `at most 6 requests a laptop: ${found}`);
  assert.ok(peakPerMinute <= 150, `at most 150 requests a minute: ${found}`);
}
