/** The alert at the top: news, an unpinning with its undo, or a question. */

import type { Words } from '../../../../shared/words/words.ts';
import type { Event } from '../../state/event.ts';
import type { Alert, News, State } from '../../state/state.ts';
import type { Viewer } from '../body.ts';
import { NEWS } from './news.ts';

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
          key: `news ${alert.what} ${alert.title} ${alert.until}`,
          icon: NEWS[alert.what][0],
          countdown: null,
        },
        ...{ title: alert.title, text: words._(NEWS[alert.what][1]) },
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
          {
            icon: 'dialog-cancel',
            label: _('Yes, stop'),
            event: { type: 'answer-alert', yes: true },
          },
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
