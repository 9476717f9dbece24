/**
 * Filters a list of entries by words and kind, and cuts one page out of it. Pure.
 */
import { type EntryFacts, KINDS, type Kind } from '../../api/entry-facts.ts';

export interface Search {
  /** As typed. */
  words: string;
  kind: Kind | null;
  /** The first is 1. */
  page: number;
}

export interface Found<T> {
  total: number;
  pages: number;
  page: number;
  shown: readonly T[];
}

export const PER_PAGE = 24;
const MAX_WORDS = 100;

/** The search in a query string; invalid values are ignored. */
export function readSearch(query: Record<string, unknown>): Search {
  const { q, kind, page } = query;
  const words = typeof q === 'string' ? q.slice(0, MAX_WORDS).trim() : '';
  const number = typeof page === 'string' && /^\d{1,5}$/.test(page) ? Number(page) : 1;
  return { words, kind: KINDS.find((one) => one === kind) ?? null, page: Math.max(1, number) };
}

/** The query string of the same search for another page. */
export function searchQuery({ words, kind }: Search, page: number): string {
  const parts = new URLSearchParams();
  if (words !== '') parts.set('q', words);
  if (kind !== null) parts.set('kind', kind);
  if (page > 1) parts.set('page', String(page));
  const text = parts.toString();
  return text === '' ? '' : `?${text}`;
}

/** All words must occur in title, description or tags; accents and case are ignored. */
export function findEntries<T extends { facts: EntryFacts | null }>(
  all: readonly T[],
  search: Search,
): Found<T> {
  const words = fold(search.words)
    .split(/\s+/)
    .filter((word) => word !== '');
  const found = all.filter(({ facts }) => {
    if (search.kind !== null && facts?.kind !== search.kind) return false;
    if (words.length === 0) return true;
    const text = facts ? fold(`${facts.title} ${facts.more}`) : '';
    return words.every((word) => text.includes(word));
  });
  const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
  const page = Math.min(search.page, pages);
  const shown = found.slice((page - 1) * PER_PAGE, page * PER_PAGE);
  return { total: found.length, pages, page, shown };
}

/** Lower case without accents. ASCII text, which most is, takes the short way. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  return /^[\u0020-\u007e]*$/.test(lower) ? lower : lower.normalize('NFKD').replace(/\p{M}/gu, '');
}
