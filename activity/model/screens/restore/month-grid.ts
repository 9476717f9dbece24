/** A month as a grid of weeks, and its days that have a snapshot, in the laptop's time zone. */
import type { Day } from '../../state/answers.ts';

export interface MonthGrid {
  /** Noon of the first day, in seconds. */
  month: number;
  /** Weeks from Monday; null outside the month. */
  weeks: (number | null)[][];
}

/** The month that this moment lies in. */
export function monthOf(seconds: number): MonthGrid {
  const moment = new Date(seconds * 1000);
  const first = new Date(moment.getFullYear(), moment.getMonth(), 1, 12);
  const length = new Date(moment.getFullYear(), moment.getMonth() + 1, 0).getDate();
  const before = (first.getDay() + 6) % 7;
  const cells: (number | null)[] = [
    ...Array.from({ length: before }, () => null),
    ...Array.from({ length }, (_, index) => index + 1),
  ];
  while (cells.length % 7 !== 0) cells.push(null);
  const weeks = Array.from({ length: cells.length / 7 }, (_, week) =>
    cells.slice(week * 7, week * 7 + 7),
  );
  return { month: first.getTime() / 1000, weeks };
}

/** Noon of the first day of a month that is so many months away. */
export function shiftMonth(month: number, by: number): number {
  const moment = new Date(month * 1000);
  return new Date(moment.getFullYear(), moment.getMonth() + by, 1, 12).getTime() / 1000;
}

/** The newest snapshot of each day of that month: day → snapshot. */
export function daysIn(month: number, days: readonly Day[]): Map<number, Day> {
  const wanted = new Date(month * 1000);
  const found = new Map<number, Day>();
  for (const day of days) {
    const moment = new Date(day.created * 1000);
    if (moment.getFullYear() !== wanted.getFullYear()) continue;
    if (moment.getMonth() !== wanted.getMonth()) continue;
    const known = found.get(moment.getDate());
    if (!known || known.created < day.created) found.set(moment.getDate(), day);
  }
  return found;
}
