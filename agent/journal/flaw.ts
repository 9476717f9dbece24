/**
 * What a power cut or a failed copy leaves of an entry: the datastore writes properties before content
 * and flushes nothing, so that files may be empty or absent afterwards; and what a damaged disk gives of it.
 * Such remains never replace a good version at school. Content that is only shorter than noted does, but not
 * in silence: an activity may have written it so. Pure.
 */
import type { Digest } from '../../shared/ids.ts';
import { digestOf, type Entry, propertyText } from '../../shared/journal/entry.ts';
import { readMark } from '../../shared/journal/kept.ts';

export interface Flaw {
  /** What is wrong: a sentence about the entry, or what follows "Journal entry …: ". */
  why: string;
  /** What to back up: the version that the school has, the entry as it is, or nothing. */
  use: 'base' | 'as-is' | 'nothing';
}

/** The version of an entry that the school has. */
export interface AtBase {
  /** Null for none, undefined while that is not known. */
  content: Digest | null | undefined;
  /** Something was odd about it when the school got it. */
  isOdd?: boolean;
}

/** The datastore writes no entry without these. */
const ALWAYS = ['uid', 'timestamp'];
const EMPTY = digestOf('');

/**
 * Undefined for an entry that is whole. `base` is the version that the school has, if any. `unread` are
 * sentences about properties that cannot be read.
 */
export function judgeFlaw(
  entry: Entry,
  base: AtBase | undefined,
  unread: readonly string[] = [],
): Flaw | undefined {
  const { content, properties } = entry;
  const hasContent = content !== null && content.size > 0;
  // New content is new work, whatever became of its title.
  const isNewWork = hasContent && base?.content !== undefined && base.content !== content.digest;
  const [unreadable] = unread;
  if (unreadable !== undefined) {
    return { why: unreadable, use: base && !isNewWork ? 'base' : 'as-is' };
  }
  const isHollow =
    properties.size === 0 || ALWAYS.some((name) => properties.get(name)?.length === 0);
  if (isHollow) {
    const why = 'its properties are empty, as after a power cut';
    if (base && !isNewWork) return { why, use: 'base' };
    const isNothing = !hasContent && [...properties.values()].every(({ length }) => length === 0);
    return { why, use: isNothing ? 'nothing' : 'as-is' };
  }
  const noted = propertyText(entry, 'filesize') ?? '';
  if (!/^0*[1-9]\d{0,14}$/.test(noted) || readMark(entry)) return undefined;
  const hadContent = base !== undefined && base.content !== null && base.content !== EMPTY;
  if (hasContent) {
    // Some activities write so, in place: it may be new work, and older snapshots have what was before.
    const isTold = (hadContent && isNewWork) || base?.isOdd;
    const isShort = content.size < Number(noted) && isTold;
    const why = `its content has ${content.size} of ${Number(noted)} bytes`;
    return isShort ? { why, use: 'as-is' } : undefined;
  }
  return { why: `its content of ${noted} bytes is missing`, use: hadContent ? 'base' : 'as-is' };
}
