/**
 * Reads the present moment: the wall clock, the boot, and its uptime.
 */
import { readFileSync } from 'node:fs';
import type { Moment } from '../rules/moment.ts';

/** Its first number is `CLOCK_BOOTTIME` in seconds with two decimals. */
const UPTIME = '/proc/uptime';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

export function readMoment(now: Date): Moment {
  const seconds = Number(readFileSync(UPTIME, 'latin1').split(' ')[0]);
  const boot = readFileSync(BOOT_ID, 'latin1').trim();
  return { wallMs: now.getTime(), boot, uptimeMs: Math.round(seconds * 1000) };
}
