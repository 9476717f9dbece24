/**
 * Reads the present moment: the wall clock, the boot, and its uptime.
 */
import { readFileSync } from 'node:fs';
import { readBootId } from '../boot.ts';
import type { Moment } from '../rules/moment.ts';

/** Its first number is `CLOCK_BOOTTIME` in seconds with two decimals. */
const UPTIME = '/proc/uptime';

export function readMoment(now: Date): Moment {
  const seconds = Number(readFileSync(UPTIME, 'latin1').split(' ')[0]);
  return { wallMs: now.getTime(), boot: readBootId(), uptimeMs: Math.round(seconds * 1000) };
}
