/**
 * What a program says to people in their language: translated texts, and numbers, sizes, dates and
 * times. `{name}` in a text is replaced by the value of that name.
 */

export type Values = Readonly<Record<string, string | number>>;

export interface Words {
  /** The translation of this text. */
  _(text: string, values?: Values): string;
  /** The translation that fits this number; `{n}` is the number, formatted for the language. */
  _n(one: string, many: string, n: number, values?: Values): string;
  number(value: number): string;
  /** `3 March 2026` */
  date(seconds: number): string;
  /** `14:05` */
  clock(seconds: number): string;
  /** `March 2026` */
  month(seconds: number): string;
  /** Short names, Monday first. */
  weekdays(): string[];
  rightToLeft: boolean;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** `3 weeks ago`, in the units of Sugar's own Journal. */
export function ago(words: Words, then: number, now: number): string {
  const { _, _n } = words;
  const seconds = Math.max(0, now - then);
  if (then <= 0) return '';
  if (seconds < 2 * MINUTE) return _('just now');
  if (seconds < HOUR) {
    return _n('{n} minute ago', '{n} minutes ago', Math.floor(seconds / MINUTE));
  }
  if (seconds < DAY) return _n('{n} hour ago', '{n} hours ago', Math.floor(seconds / HOUR));
  const days = Math.floor(seconds / DAY);
  if (days < 7) return _n('{n} day ago', '{n} days ago', days);
  if (days < 31) return _n('{n} week ago', '{n} weeks ago', Math.floor(days / 7));
  if (days < 365) return _n('{n} month ago', '{n} months ago', Math.floor(days / 30.4));
  return _n('{n} year ago', '{n} years ago', Math.floor(days / 365));
}

/** `about 5-10 min`; empty while unknown. */
export function timeLeft({ _, number }: Words, [low, high]: readonly [number, number]): string {
  if (high <= 0) return '';
  if (high < 2 * MINUTE) return _('about a minute');
  const from = Math.max(1, Math.floor(low / MINUTE));
  const to = Math.max(from + 1, Math.ceil(high / MINUTE));
  return _('about {from}-{to} min', { from: number(from), to: number(to) });
}

/** Of one file, as it is: `9 bytes`; from 1 KB on as `size`. */
export function fileSize(words: Words, bytes: number): string {
  return bytes < 1e3 ? words._n('{n} byte', '{n} bytes', bytes) : size(words, bytes);
}

/** `3.4 MB`: powers of ten, as Sugar shows sizes; rounded up to 1 KB, except for 0 bytes. */
export function size({ _, number }: Words, bytes: number): string {
  const kilobytes = bytes > 0 ? Math.max(1, Math.round(bytes / 1e3)) : 0;
  if (bytes < 1e6) return _('{n} KB', { n: number(kilobytes) });
  const round = (value: number) => (value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
  if (bytes < 1e9) return _('{n} MB', { n: number(round(bytes / 1e6)) });
  return _('{n} GB', { n: number(round(bytes / 1e9)) });
}
