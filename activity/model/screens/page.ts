/** Plain pages: the empty one, and the one that stands where a list or a plan is missing. */
import { isAbsent } from '../state/agent.ts';
import { answerTo, failureOf } from '../state/known-answers.ts';
import type { Question, State } from '../state/state.ts';
import type { PageBody, Viewer } from './body.ts';
import { tryNowButton } from './buttons.ts';
import { whyNow } from './reasons.ts';

export function emptyPage(): PageBody {
  return { type: 'page', pictures: [], title: '', text: '', code: '', samples: [], buttons: [] };
}

/** Instead of rows: still asking, the reason why they cannot be read, or `none` where there are none. */
export function nothing(state: State, question: Question, none: string, viewer: Viewer): PageBody {
  const { words } = viewer;
  if (answerTo(state, question) !== undefined) return { ...emptyPage(), title: none };
  const failed = isAbsent(state.agent) ? 'absent' : failureOf(state, question);
  if (failed === undefined)
    return { ...emptyPage(), title: words._('Asking the school'), busy: true };
  if (failed === 'not-found') {
    // A new laptop has no newest day to search or to bring back.
    const isNewest = 'snapshot' in question && question.snapshot === '';
    return { ...emptyPage(), title: isNewest ? words._('Nothing at school yet') : none };
  }
  const { picture, title, text, digits } = whyNow(state, failed, viewer, true);
  return {
    ...emptyPage(),
    ...{ pictures: [picture], title, text, code: digits },
    buttons: [tryNowButton(words, { type: 'again' })],
  };
}
