/**
 * One language: texts from a gettext catalogue, numbers and dates from the runtime's Intl tables.
 * Without a catalogue everything is in English.
 */
import type { Catalogue } from './catalogue.ts';
import type { Values, Words } from './words.ts';

const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ps', 'ur'];

/** Everything that depends on the language. */
export function wordsOf(catalogue: Catalogue): Words {
  const { language } = catalogue;
  const locale = localeOf(language);
  const isKreyol = /^ht\b|^ht_/.test(language);
  const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const number = (value: number) => numbers.format(value);
  const format = (options: Intl.DateTimeFormatOptions) => {
    let made: Intl.DateTimeFormat | undefined;
    // Creating a format takes a millisecond, and most screens need none.
    return (seconds: number) => {
      made ??= new Intl.DateTimeFormat(locale, options);
      const date = new Date(seconds * 1000);
      return isKreyol ? inKreyol(made, date, options) : made.format(date);
    };
  };
  const weekday = format({ weekday: 'short' });
  return {
    _: (text, values) => fill(catalogue.gettext(text), values),
    _n: (one, many, n, values) =>
      fill(catalogue.ngettext(one, many, n), { ...values, n: number(n) }),
    number,
    date: format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    clock: format({ hour: 'numeric', minute: '2-digit' }),
    month: format({ month: 'long', year: 'numeric' }),
    // 5 January 1970 was a Monday.
    weekdays: () => Array.from({ length: 7 }, (_, day) => weekday((4 + day) * 86_400 + 43_200)),
    rightToLeft: RIGHT_TO_LEFT.includes(language.split(/[_-]/)[0] ?? ''),
  };
}

const KREYOL_MONTHS = 'janvye fevriye mas avril me jen jiyè out septanm oktòb novanm desanm'.split(
  ' ',
);
const KREYOL_DAYS = 'dimanch lendi madi mèkredi jedi vandredi samdi'.split(' ');

/** A French date with the names that Kreyòl has. */
function inKreyol(
  french: Intl.DateTimeFormat,
  date: Date,
  { weekday }: Intl.DateTimeFormatOptions,
): string {
  const day = KREYOL_DAYS[date.getDay()] ?? '';
  const parts = french.formatToParts(date).map(({ type, value }) => {
    if (type === 'month') return KREYOL_MONTHS[date.getMonth()];
    if (type === 'weekday') return weekday === 'short' ? day.slice(0, 3) : day;
    return value;
  });
  return parts.join('');
}

/** `pt_BR.UTF-8@x` → `pt-BR`; the nearest language that the runtime supports, else `en`. */
function localeOf(language: string): string {
  const tag = (language.split(/[.@]/)[0] ?? '').replace('_', '-');
  // The runtime has no tables for Kreyòl: its numbers, and the order of its dates, are those of French.
  const wanted = tag.startsWith('ht') ? ['fr-HT', 'fr'] : [tag];
  for (const name of wanted) {
    try {
      if (name !== '' && Intl.NumberFormat.supportedLocalesOf(name).length > 0) return name;
    } catch {
      // not a well-formed name
    }
  }
  return 'en';
}

function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
