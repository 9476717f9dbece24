/**
 * What the present screen needs from the agent: nothing more, and of lists only the visible pages
 * with their neighbours.
 */
import { pinsInOrder } from './answers.ts';
import { answerTo } from './known-answers.ts';
import { keyOf, type Question, type State } from './state.ts';

/** Entries asked for at once. */
export const PAGE = 60;
/** Icons of pins asked for at once, at most: a screen full. */
const MOST_ICONS = 20;

/** Questions of the present place without a fresh answer, the most urgent first. */
export function questionsFor(state: State): Question[] {
  if (state.agent.presence === 'starting') return [];
  return neededAt(state).filter((question) => {
    const answer = state.answers[keyOf(question)];
    return !answer || answer.stale === true;
  });
}

function neededAt(state: State): Question[] {
  const { place } = state;
  switch (place.type) {
    case 'status':
    case 'welcome':
    // The job's own properties are enough; a plan would read the Journal beside a running restore.
    case 'restoring':
      return [];
    case 'days':
      return [{ type: 'days', of: place.of }, { type: 'laptops' }];
    case 'entries':
      return pagesFor(state);
    case 'entry':
      return [{ type: 'details', of: place.of, snapshot: place.snapshot, uid: place.uid }];
    case 'pins':
      return [{ type: 'pins' }, { type: 'at-school' }, ...iconsOfPins(state)];
    case 'whose':
      return [{ type: 'laptops' }];
    case 'when':
      return [{ type: 'days', of: place.of }];
    case 'go':
      return [{ type: 'plan', of: place.of, snapshot: place.snapshot }];
    default:
      return place satisfies never;
  }
}

/** The details of the visible pins, which have their icons. */
function iconsOfPins(state: State): Question[] {
  const pins = answerTo(state, { type: 'pins' });
  const atSchool = answerTo(state, { type: 'at-school' }) ?? [];
  const kept = atSchool.map(({ uid }) => ({ uid, snapshot: '' }));
  const rows = [...(pins ? pinsInOrder(pins) : []), ...kept];
  const { first, last } = state.visible;
  return rows
    .slice(first, Math.min(last, first + MOST_ICONS) + 1)
    .map(({ uid, snapshot }) => ({ type: 'details', of: '', snapshot, uid }));
}

function pagesFor(state: State): Question[] {
  const { place, visible } = state;
  if (place.type !== 'entries') return [];
  const question = (page: number): Extract<Question, { type: 'page' }> => ({
    type: 'page',
    ...{ of: place.of, snapshot: place.snapshot, search: place.search },
    page,
  });
  // The first page has the total.
  const total = answerTo(state, question(0))?.total;
  if (total === undefined) return [question(0)];
  const last = Math.max(0, Math.ceil(total / PAGE) - 1);
  const from = Math.min(last, Math.max(0, Math.floor(visible.first / PAGE)));
  const to = Math.min(last, Math.floor(visible.last / PAGE));
  const seen = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const around = [to + 1, from - 1].filter((page) => page >= 0 && page <= last);
  return [...seen, ...around, 0].map(question);
}
