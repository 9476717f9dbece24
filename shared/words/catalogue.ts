/**
 * gettext's catalogues, as `msgfmt` makes them (`.mo`), read by ourselves: forty lines, against a
 * package that would parse formats we do not ship. Used by the activity and by the restore pages.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError, isErrno } from '../errors.ts';

export interface Catalogue {
  /** As its folder is called, e.g. `es`; `en` for the texts as they are in the code. */
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

/** Written in front of a catalogue's offsets, in the byte order of who made it. */
const MAGIC = 0x950412de;

/** As gettext does: LANGUAGE is a list and goes before the locale, unless that is plain C. */
export function languagesOf(env: NodeJS.ProcessEnv): string[] {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  const list = (env.LANGUAGE ?? '').split(':').filter((name) => name !== '');
  return [...list, locale].filter((name) => name !== '' && !/^(C|POSIX)(\.|$)/.test(name));
}

/** `es_PE.UTF-8` is looked for as `es_PE`, then as `es`; the first language that is there counts. */
export function findCatalogue(
  folder: string,
  domain: string,
  languages: readonly string[],
): Catalogue {
  for (const wanted of languages) {
    const name = wanted.split(/[.@]/)[0] ?? '';
    for (const language of new Set([name, name.split('_')[0] ?? ''])) {
      // It becomes a part of a path.
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

/** The catalogue in a `.mo` file. Throws `bad-input` when it is none. */
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
  const pluralOf = pluralRule(language);
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

/**
 * Which of Intl's categories a catalogue's plural forms are for, in their order. A rule in C that
 * comes with a catalogue would have to be run as code; these few languages are known.
 */
const PLURALS: Readonly<Record<string, readonly Intl.LDMLPluralRule[]>> = {
  ar: ['zero', 'one', 'two', 'few', 'many', 'other'],
  es: ['one', 'other'],
  fr: ['one', 'other'],
  ht: ['other'],
  pt: ['one', 'other'],
};

/** The number of forms that catalogues of a language must have; undefined for one not known here. */
export function pluralCount(language: string): number | undefined {
  return PLURALS[shortName(language)]?.length;
}

/** What has no form of its own (a million, in Spanish) takes the last. */
function pluralRule(language: string): (n: number) => number {
  const forms = PLURALS[shortName(language)];
  if (!forms) return (n) => (n === 1 ? 0 : 1);
  const rules = new Intl.PluralRules(language.replace('_', '-'));
  return (n) => {
    const form = forms.indexOf(rules.select(Math.abs(Math.trunc(n))));
    return form < 0 ? forms.length - 1 : form;
  };
}

function shortName(language: string): string {
  return language.split('_')[0] ?? '';
}
