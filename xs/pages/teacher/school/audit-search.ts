/**
 * Which lines of the audit log a page shows: by laptop, by who did it, by day. Pure.
 */
import type { AuditLine } from '../../../registration/audit.ts';
import { type Paged, paginate, readPage, readWords, wordMatcher } from '../../frame/paging.ts';
import type { NickOf } from './audit-words.ts';

export interface AuditSearch {
  /** Words of a laptop's name or serial number, as typed. */
  words: string;
  /** `laptop`, `admin`, or `teacher:` and a name; empty for all. */
  who: string;
  /** `YYYY-MM-DD` in the server's time zone; empty for all. */
  day: string;
  /** From 1. */
  page: number;
}

export const LINES_EACH = 100;
const MAX_WHO = 100;

/** The search in a query string; invalid values are ignored. */
export function readAuditSearch(query: Readonly<Record<string, unknown>>): AuditSearch {
  const { q, serial, who, day, page } = query;
  return {
    words: readWords(q ?? serial),
    who: typeof who === 'string' ? who.slice(0, MAX_WHO) : '',
    day: typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day) ? day : '',
    page: readPage(page),
  };
}

export const actorOf = ({ who, name }: Pick<AuditLine, 'who' | 'name'>): string =>
  who === 'teacher' ? `teacher:${name ?? ''}` : who;

/** One page of the lines that fit, newest first. `all` has the oldest first. */
export function findAudit(
  all: readonly AuditLine[],
  { words, who, day, page }: AuditSearch,
  nickOf: NickOf,
): Paged<AuditLine> {
  const matches = wordMatcher(words);
  const about = ({ serial, details }: AuditLine) =>
    [serial, details.of].map((one) => `${one ?? ''} ${one ? nickOf(String(one)) : ''}`).join(' ');
  const found = all.filter(
    (line) =>
      (who === '' || actorOf(line) === who) &&
      (day === '' || localDay(line.time) === day) &&
      (words === '' || matches(about(line))),
  );
  return paginate(found.reverse(), page, LINES_EACH);
}

/** Everybody who did something, for a choice: teachers by name, then the terminal and laptops. */
export function actorsIn(all: readonly AuditLine[]): Pick<AuditLine, 'who' | 'name'>[] {
  const seen = new Map(all.map((line) => [actorOf(line), { who: line.who, name: line.name }]));
  return [...seen.values()].sort((a, b) => actorOf(b).localeCompare(actorOf(a)));
}

function localDay(iso: string): string {
  const date = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
