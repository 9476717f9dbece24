/** Moments in the reader's language and in the server's time zone. */
import type { Words } from '../../../shared/words/words.ts';

/** `3 March 2026, 10:00` for `datastore-2026-03-03_08:00`, whose time is in UTC. */
export function dayName(words: Words, snapshot: string): string {
  const [, day, minute] = /^datastore-([\d-]{10})_(\d\d:\d\d)/.exec(snapshot) ?? [];
  // `Date.parse` takes nearly any text for a date of the year 2000.
  if (day === undefined) return snapshot;
  const seconds = Date.parse(`${day}T${minute}:00Z`) / 1000;
  return Number.isNaN(seconds) ? snapshot : whenText(words, seconds);
}

/** Date and time; `seconds` since 1970. */
export function whenText(words: Words, seconds: number): string {
  return `${words.date(seconds)}, ${words.clock(seconds)}`;
}

/** Seconds since 1970 of an ISO date. */
export function secondsOf(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}
