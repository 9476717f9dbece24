/** The first screen: the safe share of the Journal as a picture, and what is going on. */
import { ago, timeLeft } from '../../../../shared/words/words.ts';
import { isOpen, type Job } from '../../state/agent.ts';
import type { State } from '../../state/state.ts';
import type { ButtonModel, PageBody, Viewer } from '../body.ts';
import { stopButton } from '../buttons.ts';
import { openJob, TELL_TIME_AFTER_S } from '../job.ts';
import { whyOf } from '../reasons.ts';
import { safeCount, schoolPage } from './picture.ts';
import { waitingPage, whyWaiting } from './waiting.ts';

export function statusBody(state: State, viewer: Viewer): PageBody {
  const { agent } = state;
  if (agent.presence === 'starting') return schoolPage(state, viewer, 'none', {});
  const absent = agent.presence === 'absent';
  const why = absent ? whyOf('absent', viewer.words, viewer.color) : whyWaiting(state, viewer);
  if (why) return waitingPage(state, viewer, why);
  const job = openJob(state);
  if (isWorking(state) || job) return working(state, viewer, job);
  return resting(state, viewer);
}

function isWorking({ agent }: State): boolean {
  return ['asking', 'sending', 'confirming', 'restoring'].includes(agent.state);
}

function working(state: State, viewer: Viewer, job: Job | undefined): PageBody {
  const { _, number } = viewer.words;
  const { agent } = state;
  const isRestore = agent.state === 'restoring' || (job !== undefined && job.kind !== 'backup');
  const { entriesDone, entriesTotal, currentTitle } = job ?? agent;
  const counted = { done: number(entriesDone), total: number(entriesTotal) };
  return schoolPage(state, viewer, isRestore ? 'bringing' : 'working', {
    title: entriesTotal > 0 ? _('{done} of {total}', counted) : workTitle(agent.state, viewer),
    text: [currentTitle, timeText(state, viewer)].filter((part) => part !== '').join(' · '),
    buttons: [stopButton(viewer.words, state, job)],
  });
}

function workTitle(state: string, { words: { _ } }: Viewer): string {
  if (state === 'asking') return _('Asking the school');
  if (state === 'confirming') return _('The school is checking');
  if (state === 'restoring') return _('Coming back');
  return _('Going to school');
}

function timeText(state: State, { words }: Viewer): string {
  const began = Math.min(
    ...Object.entries(state.since)
      .filter(([path]) => {
        const job = state.jobs[path];
        return job !== undefined && isOpen(job);
      })
      .map(([, since]) => since),
  );
  if (state.now - began < TELL_TIME_AFTER_S) return '';
  return timeLeft(words, (openJob(state) ?? state.agent).timeLeft);
}

function resting(state: State, viewer: Viewer): PageBody {
  const { _ } = viewer.words;
  const { agent } = state;
  const last = ago(viewer.words, agent.lastBackup, state.now);
  const since = last === '' ? '' : _('Last time: {when}', { when: last });
  if (agent.held !== '') {
    return schoolPage(state, viewer, 'help', {
      title: _('The school asks your teacher'),
      text: _('Your Journal looks different. The school keeps what was before.'),
    });
  }
  const title = safeTitle(state, viewer);
  if (agent.state === 'safe') return schoolPage(state, viewer, 'safe', { title, text: since });
  const backUp: ButtonModel = {
    ...{ icon: { own: 'send' }, label: _('Back up now') },
    event: { type: 'act', act: { type: 'back-up' } },
    main: true,
  };
  return schoolPage(state, viewer, 'waiting', {
    ...{ title, text: since || _('Not at school yet'), buttons: [backUp] },
  });
}

function safeTitle(state: State, { words: { _, _n, number } }: Viewer): string {
  const { totalEntries } = state.agent;
  const safeEntries = safeCount(state);
  if (totalEntries > 0 && safeEntries === totalEntries) return _('All safe at school');
  return _n('{done} of {n} safe at school', '{done} of {n} safe at school', totalEntries, {
    done: number(safeEntries),
  });
}
