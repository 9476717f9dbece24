/** Months before and after, and the days of a month that have a snapshot, in the laptop's time zone. */
import type { Day } from '../../state/answers.ts';

/** Noon of the first day of the month that is so many months away from this moment's. */
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
