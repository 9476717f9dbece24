/** Step three of the complete restore: a preview of what comes, and the button that starts it. */

import { size } from '../../../../shared/words/words.ts';
import { answerTo } from '../../state/known-answers.ts';
import type { Place, State } from '../../state/state.ts';
import type { ButtonModel, PageBody, Viewer } from '../body.ts';
import { homeButton } from '../buttons.ts';
import { emptyPage, nothing } from '../page.ts';
import { whyOf } from '../reasons.ts';
import { ring } from './ring.ts';

type GoPlace = Extract<Place, { type: 'go' }>;

/** The preview: how many, how big, four pictures, and the button that starts the restore. */
export function goBody(state: State, place: GoPlace, viewer: Viewer): PageBody {
  const { words } = viewer;
  const { _, _n } = words;
  const { of, snapshot } = place;
  const question = { type: 'plan', of, snapshot } as const;
  const plan = answerTo(state, question);
  if (!plan) return nothing(state, question, _('Nothing at school yet'), viewer);
  if (plan.entries === 0) {
    return {
      ...emptyPage(),
      pictures: [ring(1, viewer, 'safe')],
      title: _('All of it is here already'),
      buttons: [homeButton(words)],
    };
  }
  const lines = [
    size(words, plan.bytes),
    plan.here > 0 ? _n('{n} is here already', '{n} are here already', plan.here) : '',
    plan.beside > 0
      ? _n(
          '{n} was changed since: it stays, the old one comes beside it',
          '{n} were changed since: they stay, the old ones come beside them',
          plan.beside,
        )
      : '',
  ];
  // What does not fit stops half way; the child can make room first.
  const full = plan.bytes > plan.free ? whyOf('laptop-full', words, viewer.color) : undefined;
  if (full) lines.push(full.title, full.text);
  const go: ButtonModel = {
    ...{ icon: { own: 'bring' }, label: _('Bring back') },
    event: { type: 'act', act: { type: 'restore-all', of, snapshot } },
    main: true,
  };
  return {
    ...emptyPage(),
    pictures: full ? [full.picture] : [],
    samples: plan.samples.map((uid) => ({ of, snapshot, uid })),
    title: _n('{n} thing comes back', '{n} things come back', plan.entries),
    text: lines.filter((line) => line !== '').join('\n'),
    buttons: [go],
  };
}
