/**
 * Which laptops of a school a page shows: by state, by words of the name or serial number. Pure.
 */
import { type Paged, paginate, readPage, readWords, wordMatcher } from '../../frame/paging.ts';
import type { LaptopCard } from '../shown/laptop-card.ts';
import { MARKS, type Mark } from '../shown/marks.tsx';

export interface ClassSearch {
  only: Mark | null;
  /** As typed. */
  words: string;
  /** From 1. */
  page: number;
}

export const LAPTOPS_PER_PAGE = 50;

/** The search in a query string; invalid values are ignored. */
export function readClassSearch({ only, q, page }: Readonly<Record<string, unknown>>): ClassSearch {
  const known = MARKS.find((mark) => mark === only) ?? null;
  return { only: known, words: readWords(q), page: readPage(page) };
}

export function findLaptops(cards: readonly LaptopCard[], search: ClassSearch): Paged<LaptopCard> {
  const { only, words, page } = search;
  const matches = wordMatcher(words);
  const found = cards.filter(
    ({ states, name, serial }) =>
      (only === null || states.includes(only)) && matches(`${name} ${serial}`),
  );
  return paginate(found, page, LAPTOPS_PER_PAGE);
}

/** Laptops by state; one in two states is counted in both. */
export function countStates(cards: readonly LaptopCard[]): Record<Mark, number> {
  const counts = Object.fromEntries(MARKS.map((mark) => [mark, 0])) as Record<Mark, number>;
  for (const { states } of cards) for (const state of states) counts[state] += 1;
  return counts;
}
