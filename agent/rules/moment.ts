/**
 * A point in time as a laptop can know it: its wall clock, which may be wrong, and the uptime of this
 * boot, which is not. Suspended time counts as uptime.
 */
export interface Moment {
  /** By the laptop's wall clock, in milliseconds since 1970. */
  wallMs: number;
  /** The kernel's id of this boot; every boot has another. */
  boot: string;
  /** Since the start of that boot, in milliseconds. */
  uptimeMs: number;
}

/** Milliseconds from one moment to a later one of the same boot; undefined across a reboot. */
export function elapsedMs(from: Moment, to: Moment): number | undefined {
  return from.boot === to.boot ? to.uptimeMs - from.uptimeMs : undefined;
}
