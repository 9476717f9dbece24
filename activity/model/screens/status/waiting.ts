/** The first screen while nothing is running that should be: a picture of why, and what may help. */
import { toldReason } from '../../../../shared/backup-states.ts';
import { isAbsent, isWorking, type Job } from '../../state/agent.ts';
import type { Act, State } from '../../state/state.ts';
import type { ButtonModel, PageBody, Viewer } from '../body.ts';
import { cancelButton, resumeButton, tryNowButton } from '../buttons.ts';
import { openJob } from '../job.ts';
import { type Why, whyNow, whyOf } from '../reasons.ts';
import { schoolPage } from './picture.ts';

/** Why nothing is running although something should be; null when all is well. */
export function whyWaiting(state: State, viewer: Viewer): Why | null {
  const { agent } = state;
  const { words, color } = viewer;
  const [first] = agent.reasons;
  switch (agent.state) {
    case 'queued':
      return whyNow(state, first === 'server-busy' ? first : 'queue', viewer);
    case 'paused':
      return whyOf('paused', words, color);
    case 'waiting':
      if (first === 'problem') return whyOf(agent.problem.code, words, color);
      if (agent.registration === 'pending') return whyNow(state, 'teacher', viewer);
      return whyNow(state, toldReason(agent.state, first ?? ''), viewer);
    default:
      if (isWorking(agent)) return null;
      if (state.failure !== '') return whyNow(state, state.failure, viewer, true);
      return agent.held === '' ? null : whyOf('held', words, color);
  }
}

export function waitingPage(state: State, viewer: Viewer, why: Why): PageBody {
  const { agent } = state;
  const job = openJob(state);
  const buttons: ButtonModel[] = [];
  if (agent.state === 'paused') buttons.push(resumeButton(viewer.words));
  else if (why.again) {
    const act = isAbsent(agent) ? ({ type: 'again' } as const) : askedAgain(job);
    buttons.push(tryNowButton(viewer.words, act));
  }
  // Nobody requested the daily backup; what a child requested can be cancelled.
  const canCancel = job && !['backup', 'pins', 'offers'].includes(job.kind);
  buttons.push(...wayOut(why.code, viewer));
  if (isFailure(state)) buttons.push(dismissButton(viewer));
  const { title, text } = why;
  const shape = why.help ? 'help' : 'waiting';
  const cancel = canCancel && { cancel: cancelButton(viewer.words, state, job) };
  const body = schoolPage(state, viewer, shape, { title, text, buttons, ...cancel });
  const code = agent.registration === 'pending' ? agent.pairingCode : '';
  return { ...body, pictures: [...body.pictures, why.picture], code };
}

/** Where the child can do what the words say. */
function wayOut(code: string, { words: { _ } }: Viewer): ButtonModel[] {
  if (code === 'laptop-full') {
    const place = { type: 'entries', of: '', snapshot: '', search: '' } as const;
    const event = { type: 'go', place } as const;
    return [{ icon: { own: 'keep' }, label: _('Keep at school'), event }];
  }
  if (code !== 'over-quota') return [];
  const event = { type: 'go', place: { type: 'pins' } } as const;
  return [{ icon: { own: 'pin' }, label: _('Show pins'), event }];
}

/** Whether the page is about a backup that has failed, which nobody retries any more. */
function isFailure({ agent, failure }: State): boolean {
  const explains = ['queued', 'paused', 'waiting'].includes(agent.state);
  return failure !== '' && !explains && !isAbsent(agent);
}

function dismissButton({ words: { _ } }: Viewer): ButtonModel {
  return {
    ...{ icon: { theme: 'dialog-ok' }, label: _('Ok') },
    event: { type: 'act', act: { type: 'dismiss' } },
  };
}

/** Requests the waiting job once more, which ends its wait. */
function askedAgain(job: Job | undefined): Act {
  const { kind, of, snapshot, entry: uid } = job ?? { kind: '', of: '', snapshot: '', entry: '' };
  switch (kind) {
    case 'restore':
      return { type: 'restore-all', of, snapshot };
    case 'restore-entry':
      return { type: 'bring-back', of, snapshot, uid };
    case 'keep':
    case 'fetch':
      return { type: kind, uid };
    default:
      return { type: 'back-up' };
  }
}
