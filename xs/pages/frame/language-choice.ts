/**
 * The language of a page: the one chosen before, or what the browser prefers.
 */
import { type Catalogue, findCatalogue } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import type { Words } from '../../../shared/words/words.ts';

/** English and the languages with a catalogue, which a test compares; their own names, in the order of the links. */
export const LANGUAGES: readonly (readonly [string, string])[] = [
  ['en', 'English'],
  ['es', 'Español'],
  ['fr', 'Français'],
  ['pt', 'Português'],
  ['ht', 'Kreyòl'],
  ['ar', 'العربية'],
];

export interface Translation {
  /** As in `<html lang>`. */
  language: string;
  words: Words;
}

/** Reads each catalogue once from `<folder>/<language>/LC_MESSAGES/ds-backup.mo`. */
export class Translations {
  readonly #folder: string;
  readonly #known = new Map<string, Translation>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `chosen` (a cookie) and `accepted` (a header) are unchecked input. */
  for(chosen: string | undefined, accepted: string | undefined): Translation {
    const wanted = [...(chosen === undefined ? [] : [chosen]), ...preferred(accepted ?? '')];
    const short = wanted.map((tag) => tag.toLowerCase().split('-')[0] ?? '');
    const language = short.find((one) => LANGUAGES.some(([known]) => known === one)) ?? 'en';
    const known = this.#known.get(language) ?? this.#read(language);
    this.#known.set(language, known);
    return known;
  }

  #read(language: string): Translation {
    const catalogue: Catalogue = findCatalogue(this.#folder, 'ds-backup', [language]);
    return { language: catalogue.language, words: wordsOf(catalogue) };
  }
}

/** Parses Accept-Language, `es-PE,es;q=0.9`: the tags, most preferred first. */
export function preferred(header: string): string[] {
  const tags = header
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...options] = part.trim().split(/\s*;\s*/);
      const q = options.find((one) => one.startsWith('q='));
      return { tag, weight: q === undefined ? 1 : Number(q.slice(2)) };
    });
  return tags
    .filter(({ tag, weight }) => /^[a-z]{2,3}(-[a-z0-9]{1,8})*$/i.test(tag) && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}
