/** A month as a grid of weeks, for calendars, in the time zone of the process. Pure. */

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
