/**
 * Long lists in pages, and the words that people type to find something in them. Pure.
 */

export interface Paged<T> {
  total: number;
  pages: number;
  /** From 1. */
  page: number;
  shown: readonly T[];
}

/** One page of a list; a page number that is too high is the last page. */
export function paginate<T>(all: readonly T[], wanted: number, perPage: number): Paged<T> {
  const pages = Math.max(1, Math.ceil(all.length / perPage));
  const page = Math.min(Math.max(1, wanted), pages);
  const shown = all.slice((page - 1) * perPage, page * perPage);
  return { total: all.length, pages, page, shown };
}

/** The page number in a query string; an invalid one is 1. */
export function readPage(page: unknown): number {
  return typeof page === 'string' && /^\d{1,5}$/.test(page) ? Math.max(1, Number(page)) : 1;
}

const MAX_WORDS = 100;

/** The search words in a query string, as typed; an invalid value is none. */
export function readWords(q: unknown): string {
  return typeof q === 'string' ? q.slice(0, MAX_WORDS).trim() : '';
}

/** Whether a text has all these words in it; accents and case are ignored. */
export function wordMatcher(words: string): (text: string) => boolean {
  const wanted = fold(words)
    .split(/\s+/)
    .filter((word) => word !== '');
  if (wanted.length === 0) return () => true;
  return (text) => {
    const folded = fold(text);
    return wanted.every((word) => folded.includes(word));
  };
}

/** An address with the values of a query; empty ones and page 1 are left out. */
export function withQuery(path: string, values: Readonly<Record<string, string | number>>): string {
  const kept = Object.entries(values).filter(
    ([name, value]) => value !== '' && !(name === 'page' && value === 1),
  );
  const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Lower case without accents. ASCII text, which most is, takes the short way. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  return /^[\u0020-\u007e]*$/.test(lower) ? lower : lower.normalize('NFKD').replace(/\p{M}/gu, '');
}
