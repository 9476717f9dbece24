/** The alert at the top: news, an unpinning with its undo, or a question. */

import type { Words } from '../../../../shared/words/words.ts';
import type { Event } from '../../state/event.ts';
import type { Alert, News, State } from '../../state/state.ts';
import type { Viewer } from '../body.ts';

export interface AlertModel {
  /** Changes when another alert replaces this one. */
  key: string;
  title: string;
  text: string;
  icon: string;
  buttons: { icon: string; label: string; event: Event; first?: boolean }[];
  countdown: number | null;
}

export function alertOf(state: State, { words }: Viewer): AlertModel | null {
  const { alert } = state;
  if (!alert) return null;
  const { _ } = words;
  switch (alert.type) {
    case 'news':
      return {
        ...{
          key: `news ${alert.what} ${alert.until}`,
          icon: iconOfNews(alert.what),
          countdown: null,
        },
        ...{ title: alert.title, text: newsText(alert.what, words) },
        buttons: newsButtons(alert.what, words),
      };
    case 'unpinned':
      return {
        ...{ key: `unpinned ${alert.uid} ${alert.until}`, icon: 'edit-delete' },
        ...{
          title: alert.title,
          text: _('Not pinned any more'),
          countdown: secondsLeft(alert, state),
        },
        buttons: [{ icon: 'edit-undo', label: _('Undo'), event: { type: 'undo' } }],
      };
    case 'give-up':
      return {
        ...{ key: 'give-up', icon: 'emblem-question', countdown: null },
        ...{
          title: _('Stop bringing back?'),
          text: _('What came back stays. You can go on later.'),
        },
        buttons: [
          {
            icon: 'go-next',
            label: _('Go on'),
            event: { type: 'answer-alert', yes: false },
            first: true,
          },
          { icon: 'dialog-cancel', label: _('Stop'), event: { type: 'answer-alert', yes: true } },
        ],
      };
    default:
      return alert satisfies never;
  }
}

/** "Ok"; when the jar is full, also the way to the pins, the oldest first. */
function newsButtons(news: News, { _ }: Words): AlertModel['buttons'] {
  const ok = {
    icon: 'dialog-ok',
    label: _('Ok'),
    event: { type: 'answer-alert', yes: true },
  } as const;
  if (news !== 'pins-full') return [ok];
  const place = { type: 'pins' } as const;
  return [ok, { icon: 'go-next', label: _('Show pins'), event: { type: 'go', place } }];
}

function secondsLeft(alert: Extract<Alert, { until: number }>, state: State): number {
  return Math.max(0, Math.ceil(alert.until - state.now));
}

function iconOfNews(news: News): string {
  switch (news) {
    case 'came-back':
    case 'came-beside':
    case 'here-already':
    case 'pinned':
    case 'kept':
    case 'fetched':
      return 'dialog-ok';
    case 'on-its-way':
    case 'pinned-later':
    case 'unpinned-later':
      return 'emblem-busy';
    default:
      return 'emblem-warning';
  }
}

function newsText(news: News, { _ }: Words): string {
  switch (news) {
    case 'on-its-way':
      return _('It is on its way.');
    case 'came-back':
      return _('It is at the top of your Journal.');
    case 'came-beside':
      return _('It is at the top of your Journal, beside the newer one.');
    case 'here-already':
      return _('It is in your Journal already.');
    case 'only-at-school':
      return _('It is kept at school only. Fetch it back first.');
    case 'plug-in':
      return _('Plug me in');
    case 'ask-teacher':
      return _('Ask your teacher');
    case 'school-full':
      return _('The school is full');
    case 'which-school':
      return _('Is this your school?');
    case 'trouble':
      return _('It did not work: show this to your teacher');
    case 'pinned':
      return _('Pinned: the school keeps it.');
    case 'pinned-later':
      return _('It is pinned as soon as you are at school.');
    case 'unpinned-later':
      return _('It is unpinned as soon as you are at school.');
    case 'pins-full':
      return _('The jar is full. Take out the oldest pin?');
    case 'kept':
      return _('Its content is kept at school now.');
    case 'fetched':
      return _('It is whole again.');
    case 'server-away':
      return _('The school does not answer');
    case 'laptop-full':
      return _('This laptop is full');
    case 'not-now':
      return _('Something else is at work');
    case 'not-yet':
      return _('It did not work yet');
    default:
      return news satisfies never;
  }
}
