/**
 * What Sugar's own Journal says to a child about "My class": its extension shows words and knows nothing else. Pure.
 */
import { asDsError, type ErrorCode } from '../../shared/errors.ts';
import type { ClassStanding } from '../../shared/protocol/messages.ts';
import type { Words } from '../../shared/words/words.ts';

/** A title, a sentence, and the label of the button that takes it back: empty where there is nothing to take back. */
export type Said = [title: string, text: string, undo: string];

/** Marks a text for the catalogues; it is translated when it is said. */
const _ = (text: string): string => text;

const TITLE = _('For my class');
const OFFERED: Readonly<Record<Exclude<ClassStanding, 'none'> | 'later', string>> = {
  offered: _('Your teacher looks at it first.'),
  approved: _('On the class page'),
  refused: _('Your teacher said no'),
  later: _('It goes to school first, and then to your teacher.'),
};
const TRY_OR_ASK = _('Nothing is lost. Try again, or ask your teacher.');
const STILL_SEEN = _('Your class may still see it. Try again, or ask your teacher.');
/** Without an answer, whoever is at fault. */
const AWAY: readonly ErrorCode[] = ['server-unreachable', 'transfer', 'server-busy'];
/** Why it could not be offered. */
const REFUSED: Readonly<Partial<Record<ErrorCode, string>>> = {
  'not-found': _('Your school has no class page now.'),
  'over-quota': _('There is no room for more. Take something back first.'),
  'bad-input': _('This cannot be shown to your class.'),
  unreadable: _('It cannot be brought to school. Show it to your teacher.'),
  'server-refused': _('Ask your teacher.'),
};

export function saidOfOffer(state: ClassStanding | 'later', { _ }: Words): Said {
  if (state === 'none') return [_(TITLE), _(TRY_OR_ASK), ''];
  const undo = state === 'refused' ? '' : _('Take it back');
  return [_(TITLE), _(OFFERED[state]), undo];
}

export function saidOfRefusal(error: unknown, { _ }: Words): Said {
  return [_(TITLE), _(REFUSED[asDsError(error).code] ?? TRY_OR_ASK), ''];
}

/** With what went wrong, if anything did; that nothing was there to take back has achieved the same. */
export function saidOfTakingBack(error: unknown, { _ }: Words): Said {
  const code = error === undefined ? 'not-found' : asDsError(error).code;
  if (code === 'not-found') return [_(TITLE), _('Your class does not see it any more.'), ''];
  const why = AWAY.includes(code) ? _('The school does not answer') : _(STILL_SEEN);
  return [_(TITLE), why, _('Take it back')];
}
