/**
 * Dates and times as people read them at a terminal: local, with their zone, and so that they sort.
 */

const zone = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' });

/** `2026-11-28 14:05 CET`. */
export function localTime(time: Date | string): string {
  const date = new Date(time);
  return `${localDate(date)} ${pad(date.getHours())}:${pad(date.getMinutes())} ${zoneOf(date)}`;
}

/** `2026-11-28`. */
export function localDate(time: Date | string): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

function zoneOf(date: Date): string {
  const part = zone.formatToParts(date).find(({ type }) => type === 'timeZoneName');
  return part?.value ?? 'UTC';
}

const pad = (n: number): string => String(n).padStart(2, '0');
