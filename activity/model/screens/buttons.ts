/** Buttons that several screens have, so that one gesture has one sign and one word. */
import type { Words } from '../../../shared/words/words.ts';
import { type Job, pathOf } from '../state/agent.ts';
import type { Act, State } from '../state/state.ts';
import type { ButtonModel } from './body.ts';

/** Leads back to the first screen; the main button of a page that has nothing more to offer. */
export function homeButton({ _ }: Words): ButtonModel {
  return {
    ...{ icon: { theme: 'dialog-ok' }, label: _('Ok') },
    event: { type: 'go', place: { type: 'status' } },
    main: true,
  };
}

/** Does this act once more, which may end a wait. */
export function tryNowButton({ _ }: Words, act: Act): ButtonModel {
  return {
    ...{ icon: { theme: 'view-refresh' }, label: _('Try now') },
    event: { type: 'act', act },
    main: true,
  };
}

/** Ends the pause. */
export function resumeButton({ _ }: Words): ButtonModel {
  return {
    ...{ icon: { theme: 'media-playback-start' }, label: _('Go on') },
    event: { type: 'act', act: { type: 'resume' } },
    main: true,
  };
}

/** Cancels this job; without one, whatever is running. Stop is what closes the activity. */
export function cancelButton({ _ }: Words, state: State, job: Job | undefined): ButtonModel {
  return {
    ...{ icon: { theme: 'dialog-cancel' }, label: _('Cancel') },
    event: { type: 'act', act: { type: 'stop', job: job ? pathOf(state.jobs, job) : '' } },
  };
}

/** Requests a backup. */
export function backUpButton({ _ }: Words): ButtonModel {
  return {
    ...{ icon: { own: 'send' }, label: _('Back up now') },
    event: { type: 'act', act: { type: 'back-up' } },
    main: true,
  };
}
