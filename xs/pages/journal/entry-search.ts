/**
 * Filters a list of entries by words and kind, and cuts one page out of it. Pure.
 */
import { type EntryFacts, KINDS, type Kind } from '../../api/entry-facts.ts';
import {
  type Paged,
  paginate,
  readPage,
  readWords,
  withQuery,
  wordMatcher,
} from '../frame/paging.ts';

export interface Search {
  /** As typed. */
  words: string;
  kind: Kind | null;
  /** From 1. */
  page: number;
}

export const PER_PAGE = 24;

/** The search in a query string; invalid values are ignored. */
export function readSearch({ q, kind, page }: Record<string, unknown>): Search {
  const known = KINDS.find((one) => one === kind) ?? null;
  return { words: readWords(q), kind: known, page: readPage(page) };
}

/** The query string of the same search for another page. */
export function searchQuery({ words, kind }: Search, page: number): string {
  return withQuery('', { q: words, kind: kind ?? '', page });
}

/** All words must occur in title, description or tags; accents and case are ignored. */
export function findEntries<T extends { facts: EntryFacts | null }>(
  all: readonly T[],
  { words, kind, page }: Search,
): Paged<T> {
  const matches = wordMatcher(words);
  const found = all.filter(({ facts }) => {
    if (kind !== null && facts?.kind !== kind) return false;
    return words === '' || matches(facts ? `${facts.title} ${facts.more}` : '');
  });
  return paginate(found, page, PER_PAGE);
}
