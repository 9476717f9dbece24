/**
 * The reasons of retention in words for people: the one place.
 */
import type { KeepReason, RemoveReason } from './retention.ts';

export const KEEP_WORDS: Record<KeepReason, string> = {
  newest: 'the newest',
  first: 'the first of all',
  pinned: 'pinned',
  recent: 'younger than a month',
  'before-mass-change': 'from before a change of most of the Journal',
  'first-of-month': 'the first of its month',
  'one-of-the-last': 'one of the last',
};

/** Of a pin that is none any more. */
export const UNNAMED_WORDS = 'unpinned, and no snapshot says any more that it is here';

export const REMOVE_WORDS: Record<RemoveReason, string> = {
  thinned: 'older than a month, and not the first of its month',
  'over-quota': 'the oldest, and the laptop is over its quota',
};
