/**
 * What is around the canvas: the toolbar, the alert at the top, and the lines of the teacher's
 * palette.
 */

import { ago, type Words } from '../../shared/words/words.ts';
import type { Event } from './next.ts';
import type { ButtonModel, Viewer } from './screen.ts';
import type { Alert, News, State } from './state.ts';

export interface ToolbarModel {
  /** The activity's own button: the first screen. */
  home: ButtonModel;
  backUp: ButtonModel;
  backUpMore: ButtonModel[];
  daysMore: ButtonModel[];
  restore: ButtonModel;
  days: ButtonModel;
  pins: ButtonModel;
  search: { hint: string; text: string };
  stop: string;
  back: ButtonModel;
  teacher: string;
}

export interface AlertModel {
  /** Another key is another alert. */
  key: string;
  title: string;
  text: string;
  icon: string;
  buttons: { icon: string; label: string; event: Event; first?: boolean }[];
  countdown: number | null;
}

export function toolbarOf(state: State, { words: { _ } }: Viewer): ToolbarModel {
  const { agent, place } = state;
  const usable = agent.presence !== 'starting' && agent.presence !== 'absent';
  // One that waits is in nobody's way: asking for a backup may be what helps.
  const busy = Object.values(state.jobs).some((job) => job.state === 'running');
  const backingUp = ['asking', 'sending', 'confirming'].includes(agent.state);
  const go = (
    label: string,
    icon: ButtonModel['icon'],
    event: Event,
    sensitive = usable,
  ): ButtonModel => ({
    ...{ icon, label, event, sensitive },
  });
  const pause = go(_('Pause'), { own: 'pause' }, { on: 'act', act: { do: 'pause' } });
  const resume = go(
    _('Go on'),
    { theme: 'media-playback-start' },
    { on: 'act', act: { do: 'resume' } },
  );
  return {
    home: go(_('My Backup'), { own: 'home' }, { on: 'go', place: { at: 'status' } }, true),
    backUp: go(
      _('Back up now'),
      { own: 'send' },
      { on: 'act', act: { do: 'back-up' } },
      usable && !backingUp && !busy,
    ),
    daysMore: [go(_('In Browse'), { theme: 'zoom-activity' }, { on: 'act', act: { do: 'web' } })],
    backUpMore: [agent.state === 'paused' ? resume : pause],
    restore: go(_('Bring back'), { own: 'bring' }, { on: 'go', place: { at: 'whose' } }),
    days: go(_('Days'), { own: 'days' }, { on: 'go', place: { at: 'days', of: '' } }),
    pins: go(_('Pinned'), { own: 'pin' }, { on: 'go', place: { at: 'pins' } }),
    search: { hint: _('Search at school'), text: place.at === 'entries' ? place.search : '' },
    stop: _('Stop'),
    back: go(
      _('Back'),
      { theme: 'go-previous' },
      { on: 'back' },
      state.trail.length > 0 || place.at !== 'status',
    ),
    teacher: _('For the teacher'),
  };
}

export function alertOf(state: State, { words }: Viewer): AlertModel | null {
  const { alert } = state;
  if (!alert) return null;
  const { _ } = words;
  switch (alert.kind) {
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
        buttons: [{ icon: 'edit-undo', label: _('Undo'), event: { on: 'undo' } }],
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
            event: { on: 'answer-alert', yes: false },
            first: true,
          },
          { icon: 'dialog-cancel', label: _('Stop'), event: { on: 'answer-alert', yes: true } },
        ],
      };
    default:
      return alert satisfies never;
  }
}

/** Facts for somebody who helps: a short code that the admin's page explains, and who this is. */
export function teacherLines(state: State, { words }: Viewer): [string, string][] {
  const { _ } = words;
  const { agent } = state;
  const code = agent.presence === 'absent' ? 'no-agent' : agent.problem.code || agent.held;
  const reasons = agent.reasons.filter((reason) => reason !== 'done').join(' ');
  const lines: [string, string][] = [
    [_('Code'), code || reasons || agent.state || '–'],
    [_('What it says'), agent.problem.message],
    [_('What helps'), agent.problem.hint],
    [_('Laptop'), agent.serial],
    [_('School server'), agent.server],
    [_('Last backup'), ago(words, agent.lastBackup, state.now)],
    [_('Snapshot'), agent.lastSnapshot],
  ];
  return lines.filter(([, value]) => value !== '');
}

/** A full jar leads to the pins, where the oldest stands first (rule 10). */
function newsButtons(news: News, { _ }: Words): AlertModel['buttons'] {
  const ok = {
    icon: 'dialog-ok',
    label: _('Ok'),
    event: { on: 'answer-alert', yes: true },
  } as const;
  if (news !== 'pins-full') return [ok];
  const place = { at: 'pins' } as const;
  return [ok, { icon: 'go-next', label: _('Show pins'), event: { on: 'go', place } }];
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
