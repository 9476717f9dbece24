/**
 * What has to be asked for what is on the screen: nothing more, and lists only by the pages that can
 * be seen and their neighbours.
 */
import { answerTo, keyOf, type Question, type State } from './state.ts';

export const PAGE = 60;

/** What the present place needs and has no fresh answer to, what matters most first. */
export function questionsFor(state: State): Question[] {
  if (state.agent.presence === 'starting') return [];
  return neededAt(state).filter((question) => {
    const answer = state.answers[keyOf(question)];
    return !answer || answer.stale === true;
  });
}

function neededAt(state: State): Question[] {
  const { place } = state;
  switch (place.at) {
    case 'status':
    // Its job tells all there is; a plan would read the Journal beside a running restore.
    case 'restoring':
      return [];
    case 'days':
      return [{ ask: 'days', of: place.of }, { ask: 'laptops' }];
    case 'entries':
      return pagesFor(state);
    case 'entry':
      return [{ ask: 'details', of: place.of, snapshot: place.snapshot, uid: place.uid }];
    case 'pins':
      return [{ ask: 'pins' }, { ask: 'at-school' }];
    case 'whose':
      return [{ ask: 'laptops' }];
    case 'when':
      return [{ ask: 'days', of: place.of }];
    case 'go':
      return [{ ask: 'plan', of: place.of, snapshot: place.snapshot }];
    default:
      return place satisfies never;
  }
}

function pagesFor(state: State): Question[] {
  const { place, visible } = state;
  if (place.at !== 'entries') return [];
  const question = (page: number): Extract<Question, { ask: 'page' }> => ({
    ask: 'page',
    ...{ of: place.of, snapshot: place.snapshot, search: place.search },
    page,
  });
  // The first page tells how many there are.
  const total = answerTo(state, question(0))?.total;
  if (total === undefined) return [question(0)];
  const last = Math.max(0, Math.ceil(total / PAGE) - 1);
  const from = Math.min(last, Math.max(0, Math.floor(visible.first / PAGE)));
  const to = Math.min(last, Math.floor(visible.last / PAGE));
  const seen = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const around = [to + 1, from - 1].filter((page) => page >= 0 && page <= last);
  return [...seen, ...around, 0].map(question);
}
