/**
 * The backups of a Journal as calendars: one grid of weeks a month, newest month first. Pure.
 */
import { monthOf } from '../../../shared/words/month.ts';

export interface CalendarDay<T> {
  /** Day of the month. */
  day: number;
  /** Backups of that day, the newest first; none on most days. */
  backups: readonly T[];
}

export interface CalendarMonth<T> {
  /** A moment in this month, in seconds since 1970. */
  month: number;
  /** Weeks from Monday; null outside the month. */
  weeks: readonly (readonly (CalendarDay<T> | null)[])[];
}

/** `backups` are sorted, the newest first. Months without any are left out. */
export function calendarOf<T extends { created: number }>(
  backups: readonly T[],
  maxMonths: number,
): CalendarMonth<T>[] {
  const byMonth = new Map<number, Map<number, T[]>>();
  for (const one of backups) {
    const { month } = monthOf(one.created);
    const days = byMonth.get(month) ?? new Map<number, T[]>();
    if (!byMonth.has(month) && byMonth.size === maxMonths) break;
    byMonth.set(month, days);
    const day = new Date(one.created * 1000).getDate();
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  return [...byMonth].map(([month, days]) => ({
    month,
    weeks: monthOf(month).weeks.map((week) =>
      week.map((day) => (day === null ? null : { day, backups: days.get(day) ?? [] })),
    ),
  }));
}
