/**
 * The days of the school as months of a calendar, the newest first; and how full a day's bar is. Pure.
 */
import { monthOf } from '../../../../shared/words/month.ts';
import type { SchoolDay } from '../../../retention/day-log.ts';

export interface DayMonth {
  /** A moment in it, in seconds since 1970. */
  month: number;
  /** Weeks from Monday; null outside the month; a day without a line has none. */
  weeks: readonly (readonly ({ day: number; line: SchoolDay | undefined } | null)[])[];
  /** Its lines, the newest first. */
  lines: readonly SchoolDay[];
}

/** Noon of this date in the server's time zone, in seconds since 1970. */
export function noonOf(date: string): number {
  return Math.floor(new Date(`${date}T12:00:00`).getTime() / 1000);
}

/** `days` have the oldest first. Months without any line are left out. */
export function monthsOf(days: readonly SchoolDay[]): DayMonth[] {
  const byMonth = new Map<string, SchoolDay[]>();
  for (const line of [...days].reverse()) {
    const month = line.date.slice(0, 7);
    byMonth.set(month, [...(byMonth.get(month) ?? []), line]);
  }
  return [...byMonth.values()].map((lines) => {
    const [first] = lines;
    const { month, weeks } = monthOf(noonOf(first?.date ?? ''));
    const byDay = new Map(lines.map((line) => [Number(line.date.slice(8)), line]));
    return {
      ...{ month, lines },
      weeks: weeks.map((week) =>
        week.map((day) => (day === null ? null : { day, line: byDay.get(day) })),
      ),
    };
  });
}

/** The share of the laptops that came, 0…1. */
export function shareOf({ came, laptops }: Pick<SchoolDay, 'came' | 'laptops'>): number {
  return laptops > 0 ? Math.min(1, came / laptops) : 0;
}
