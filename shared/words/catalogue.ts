/**
 * gettext catalogues as compiled by `msgfmt` (`.mo`), for all three programs. A new language needs
 * only its catalogue.
 *
 * Our own reader: gettext-parser, which makes the catalogues, would add its stream and character-set
 * packages to all three programs, and does not choose plural forms either.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError, isErrno } from '../errors.ts';

export interface Catalogue {
  /** The name of its folder, e.g. `es`; `en` for the texts as they are in the code. */
  language: string;
  gettext(text: string): string;
  /** The form that fits this number. */
  ngettext(one: string, many: string, n: number): string;
}

export const ENGLISH: Catalogue = {
  language: 'en',
  gettext: (text) => text,
  ngettext: (one, many, n) => (n === 1 ? one : many),
};

/** The first four bytes of a `.mo` file in little-endian byte order, as we compile them. */
const MAGIC = 0x950412de;

/** The wanted languages, as gettext does it: the list LANGUAGE, then the locale unless it is C. */
export function languagesOf(env: NodeJS.ProcessEnv): string[] {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  const list = (env.LANGUAGE ?? '').split(':').filter((name) => name !== '');
  return [...list, locale].filter((name) => name !== '' && !/^(C|POSIX)(\.|$)/.test(name));
}

/** The first language that has a catalogue; `es_PE.UTF-8` is tried as `es_PE`, then as `es`. */
export function findCatalogue(
  folder: string,
  domain: string,
  languages: readonly string[],
): Catalogue {
  for (const wanted of languages) {
    const name = wanted.split(/[.@]/)[0] ?? '';
    for (const language of new Set([name, name.split('_')[0] ?? ''])) {
      // It becomes part of a path.
      if (!/^[a-zA-Z]{2,3}(_[a-zA-Z]{2,4})?$/.test(language)) continue;
      if (language === 'en' || language.startsWith('en_')) return ENGLISH;
      const found = readCatalogue(join(folder, language, 'LC_MESSAGES', `${domain}.mo`), language);
      if (found) return found;
    }
  }
  return ENGLISH;
}

function readCatalogue(path: string, language: string): Catalogue | null {
  try {
    return parseCatalogue(readFileSync(path), language);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** The catalogue in a `.mo` file. Throws `bad-input` if it is not one. */
export function parseCatalogue(file: Buffer, language: string): Catalogue {
  const texts = new Map<string, string>();
  try {
    if (file.readUInt32LE(0) !== MAGIC) throw new RangeError('no magic number');
    const [count, originals, translations] = [8, 12, 16].map((at) => file.readUInt32LE(at));
    for (let n = 0; n < (count ?? 0); n += 1) {
      const key = textAt(file, (originals ?? 0) + n * 8);
      texts.set(key, textAt(file, (translations ?? 0) + n * 8));
    }
  } catch (cause) {
    throw new DsError('bad-input', `the catalogue for ${language} is damaged`, { cause });
  }
  const pluralOf = pluralRule(language, pluralForms(texts.get('')));
  return {
    language,
    gettext: (text) => texts.get(text) || text,
    ngettext: (one, many, n) => {
      const forms = texts.get(`${one}\0${many}`)?.split('\0');
      return forms?.[pluralOf(n)] || ENGLISH.ngettext(one, many, n);
    },
  };
}

function textAt(file: Buffer, entry: number): string {
  const [length, at] = [file.readUInt32LE(entry), file.readUInt32LE(entry + 4)];
  if (at + length > file.length) throw new RangeError('a text outside the file');
  return file.toString('utf8', at, at + length);
}

/** The number of plural forms that a catalogue says it has in its header; 2 if it does not say. */
export function pluralForms(header = ''): number {
  return Number(/nplurals=(\d)/.exec(header)?.[1] ?? 2);
}

/**
 * Whether the forms of a catalogue can be assigned to numbers. The rule that comes with it is an
 * expression in C, which is not evaluated: the runtime knows the rules of most languages, and the
 * others are taken to have one form for 1 and one for the rest, or a single form.
 */
export function knowsPlurals(language: string, forms: number): boolean {
  return forms === 1 || (categoriesOf(language)?.length ?? 2) === forms;
}

/** In the order of a catalogue's forms, which is the same for all languages. */
const CATEGORIES = ['zero', 'one', 'two', 'few', 'many', 'other'] as const;
/** All categories of a language occur among these numbers, except Spanish millions and fractions. */
const COUNTED = 200;

/** Those of Intl's categories that a language has for whole numbers; undefined if it is unknown. */
function categoriesOf(language: string): Intl.LDMLPluralRule[] | undefined {
  const locale = language.replace('_', '-');
  if (Intl.PluralRules.supportedLocalesOf(locale).length === 0) return undefined;
  const rules = new Intl.PluralRules(locale);
  const used = new Set(Array.from({ length: COUNTED }, (_, n) => rules.select(n)));
  return CATEGORIES.filter((category) => used.has(category));
}

/** A number without a form of its own (a million in Spanish) takes the last. */
function pluralRule(language: string, forms: number): (n: number) => number {
  if (forms === 1) return () => 0;
  const categories = categoriesOf(language);
  if (categories?.length !== forms) return (n) => (n === 1 ? 0 : 1);
  const rules = new Intl.PluralRules(language.replace('_', '-'));
  return (n) => {
    const form = categories.indexOf(rules.select(Math.abs(Math.trunc(n))));
    return form < 0 ? forms - 1 : form;
  };
}
