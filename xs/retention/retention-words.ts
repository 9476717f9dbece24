/**
 * Why something is kept or was removed, in words, for the terminal and the pages. The texts are
 * gettext messages; the terminal shows them in English.
 */
import type { Words } from '../../shared/words/words.ts';
import type { KeepReason, RemoveReason } from './retention.ts';

type Gettext = Pick<Words, '_'>;

export const ENGLISH: Gettext = { _: (text) => text };

export function keepWords({ _ }: Gettext, reason: KeepReason): string {
  switch (reason) {
    case 'newest':
      return _('the newest');
    case 'first':
      return _('the first of all');
    case 'pinned':
      return _('pinned');
    case 'recent':
      return _('a month has not surely passed yet');
    case 'before-mass-change':
      return _('from before most of the Journal changed');
    case 'first-of-month':
      return _('the first of its month');
    case 'one-of-the-last':
      return _('one of the last');
    default:
      return reason satisfies never;
  }
}

export function removeWords({ _ }: Gettext, reason: RemoveReason): string {
  switch (reason) {
    case 'thinned':
      return _('older than a month, and not the first of its month');
    case 'over-quota':
      return _('the oldest, and too much for its share of the disk');
    default:
      return reason satisfies never;
  }
}

/**
 * `reason` is read from the trash on disk. A reason of another version of the program is returned as
 * it is.
 */
export function trashWords(words: Gettext, reason: string): string {
  const { _ } = words;
  switch (reason) {
    case 'thinned':
    case 'over-quota':
      return removeWords(words, reason);
    case 'held-and-dropped':
      return _('a teacher said that it was a mistake');
    case 'held-too-many':
      return _('one of very many held aside');
    case 'unpinned':
    case 'not-named':
      return _('unpinned');
    case 'replaced-within-the-day':
      return _('one of many of its day, and not the last');
    case 'forgotten':
      return _('forgotten with all its backups');
    case 'moved-back':
      return _('it was not to come here from the other school after all');
    case 'not-welcomed':
      return _('came from another school, and was not let in');
    case 'adopted':
      return _('converted from the old backup program');
    default:
      return reason;
  }
}

/** A pinned entry that was unpinned while snapshots still refer to it, and no longer do. */
export const UNNAMED_WORDS = 'unpinned, and no snapshot refers to it any more';
