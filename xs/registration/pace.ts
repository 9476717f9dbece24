/**
 * Limits how often something may be tried, per name (a serial, an address): so many times within an hour,
 * and after the first few with a pause that doubles. In memory only: a flood writes nothing to the disk,
 * and a refused attempt does not count.
 */
import type { Clock } from '../../shared/clock.ts';

export interface PaceRules {
  perHour: number;
  /** So many attempts within an hour without a pause. */
  free: number;
  /** The pause after those, in seconds; doubles with each further attempt. */
  pauseSeconds: number;
}

const HOUR_MS = 3_600_000;
const MAX_PAUSE_MS = 900_000;
/** More names than that at once are a flood: those idle for longest are forgotten. */
const MAX_NAMES = 10_000;

/** Milliseconds until the next attempt; 0 for now. `past` has the times of the last hour, oldest first. Pure. */
function pauseBefore(rules: PaceRules, past: readonly number[], nowMs: number): number {
  const [oldest = nowMs] = past;
  const last = past.at(-1) ?? nowMs;
  const full = past.length >= rules.perHour ? oldest + HOUR_MS - nowMs : 0;
  const beyond = past.length - rules.free;
  const pause = beyond < 0 ? 0 : Math.min(rules.pauseSeconds * 1000 * 2 ** beyond, MAX_PAUSE_MS);
  return Math.max(0, full, beyond < 0 ? 0 : last + pause - nowMs);
}

export class Pace {
  readonly #clock: Clock;
  readonly #rules: PaceRules;
  /** By name, those used last at the end. */
  readonly #past = new Map<string, number[]>();

  constructor(clock: Clock, rules: PaceRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Whole seconds to wait before the next attempt of this name; 0 for now. */
  waitSeconds(name: string): number {
    const now = this.#clock.monotonicMs();
    return Math.ceil(pauseBefore(this.#rules, this.#recent(name, now), now) / 1000);
  }

  count(name: string): void {
    const now = this.#clock.monotonicMs();
    const past = [...this.#recent(name, now), now];
    this.#past.delete(name);
    this.#past.set(name, past);
    if (this.#past.size <= MAX_NAMES) return;
    const [oldest = name] = this.#past.keys();
    this.#past.delete(oldest);
  }

  #recent(name: string, nowMs: number): number[] {
    return (this.#past.get(name) ?? []).filter((at) => at > nowMs - HOUR_MS);
  }
}
