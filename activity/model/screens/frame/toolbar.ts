/** The toolbar's buttons, their palettes, and which of them can be pressed now. */
import { isAbsent } from '../../state/agent.ts';
import type { Event } from '../../state/event.ts';
import type { State } from '../../state/state.ts';
import type { ButtonModel, Viewer } from '../body.ts';

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

export function toolbarOf(state: State, { words: { _ } }: Viewer): ToolbarModel {
  const { agent, place } = state;
  const usable = agent.presence !== 'starting' && !isAbsent(agent);
  // A waiting job does not block: requesting a backup may be what ends the wait.
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
  const pause = go(_('Pause'), { own: 'pause' }, { type: 'act', act: { type: 'pause' } });
  const resume = go(
    _('Go on'),
    { theme: 'media-playback-start' },
    { type: 'act', act: { type: 'resume' } },
  );
  return {
    home: go(_('My Backup'), { own: 'home' }, { type: 'go', place: { type: 'status' } }, true),
    backUp: go(
      _('Back up now'),
      { own: 'send' },
      { type: 'act', act: { type: 'back-up' } },
      usable && !backingUp && !busy,
    ),
    daysMore: [go(_('In Browse'), { own: 'web' }, { type: 'act', act: { type: 'web' } })],
    backUpMore: [agent.state === 'paused' ? resume : pause],
    restore: go(_('Bring back'), { own: 'bring' }, { type: 'go', place: { type: 'whose' } }),
    days: go(_('Days'), { own: 'days' }, { type: 'go', place: { type: 'days', of: '' } }),
    pins: go(_('Pinned'), { own: 'pin' }, { type: 'go', place: { type: 'pins' } }),
    search: { hint: _('Search at school'), text: place.type === 'entries' ? place.search : '' },
    stop: _('Stop'),
    back: go(
      _('Back'),
      { theme: 'go-previous' },
      { type: 'back' },
      place.type !== 'status', // from there on there is no way back
    ),
    teacher: _('For the teacher'),
  };
}
