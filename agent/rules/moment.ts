/**
 * When something was, as a laptop can know it: the clock on its wall, which may lie, and how long this
 * boot has lasted, which cannot. Suspended time counts.
 */
import { readFileSync } from 'node:fs';

export interface Moment {
  /** Of the laptop's clock, in milliseconds since 1970. */
  wallMs: number;
  /** Which boot this is; a new one has another. */
  boot: string;
  /** Since that boot, in milliseconds. */
  uptimeMs: number;
}

/** `CLOCK_BOOTTIME` as the kernel prints it, in hundredths of a second. */
const UPTIME = '/proc/uptime';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** Now. */
export function readMoment(now: Date): Moment {
  const seconds = Number(readFileSync(UPTIME, 'latin1').split(' ')[0]);
  const boot = readFileSync(BOOT_ID, 'latin1').trim();
  return { wallMs: now.getTime(), boot, uptimeMs: Math.round(seconds * 1000) };
}

/** Milliseconds from one moment to a later one of the same boot; undefined over a reboot. */
export function elapsedMs(from: Moment, to: Moment): number | undefined {
  return from.boot === to.boot ? to.uptimeMs - from.uptimeMs : undefined;
}
