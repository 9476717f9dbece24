/** The first screen: the safe share of the Journal as a picture, and what is going on. */
import { ago, timeLeft } from '../../../../shared/words/words.ts';
import {
  type Agent,
  isAbsent,
  isAllSafe,
  isOpen,
  isUnconfirmed,
  isWorking,
  type Job,
  type Progress,
} from '../../state/agent.ts';
import type { State } from '../../state/state.ts';
import type { PageBody, Viewer } from '../body.ts';
import { backUpButton, cancelButton } from '../buttons.ts';
import { openJob, TELL_TIME_AFTER_S } from '../job.ts';
import { whyOf } from '../reasons.ts';
import { schoolPage } from './picture.ts';
import { waitingPage, whyWaiting } from './waiting.ts';

export function statusBody(state: State, viewer: Viewer): PageBody {
  const { agent } = state;
  if (agent.presence === 'starting') return schoolPage(state, viewer, 'none', {});
  const why = isAbsent(agent)
    ? whyOf('absent', viewer.words, viewer.color)
    : whyWaiting(state, viewer);
  if (why) return waitingPage(state, viewer, why);
  const job = openJob(state);
  if (isWorking(agent) || job) return working(state, viewer, job);
  return resting(state, viewer);
}

/** Jobs that bring something to school. */
const SENDS: readonly string[] = ['backup', 'pins', 'offers'];

function working(state: State, viewer: Viewer, job: Job | undefined): PageBody {
  const { agent } = state;
  const isRestore = agent.state === 'restoring' || (job !== undefined && !SENDS.includes(job.kind));
  const { currentTitle } = job ?? agent;
  const { done, total } = isRestore ? counted(job ?? agent) : sentCount(agent, job ?? agent);
  const { _, number } = viewer.words;
  // Everything has gone, so a count would stand still.
  const isChecked = !isRestore && agent.state === 'confirming';
  const page = schoolPage(state, viewer, isRestore ? 'bringing' : 'working', {
    title:
      total > 0 && !isChecked
        ? _('{done} of {total}', { done: number(done), total: number(total) })
        : workTitle(agent.state, viewer),
    text: [currentTitle, timeText(state, viewer)].filter((part) => part !== '').join(' · '),
    cancel: cancelButton(viewer.words, state, job),
    ...(!isRestore && total > 0 && { level: sentLevel(job ?? agent, done, total) }),
  });
  return isChecked ? { ...page, busy: true } : page;
}

/** How full the picture is: within an entry, by its bytes, for one may be as large as a Journal. */
function sentLevel(progress: Progress, done: number, total: number): number {
  const { entriesDone, entriesTotal, bytesDone, bytesTotal } = progress;
  const byBytes =
    bytesTotal > 0 ? (entriesTotal * Math.min(bytesDone, bytesTotal)) / bytesTotal : 0;
  return (done + Math.max(0, byBytes - entriesDone)) / total;
}

const counted = ({ entriesDone, entriesTotal }: Progress) => ({
  done: entriesDone,
  total: entriesTotal,
});

/**
 * The progress of a backup as a part of the whole Journal, which the picture and the page at rest
 * count too: what is left to send is what is not at school.
 */
function sentCount({ safeEntries, totalEntries }: Agent, progress: Progress) {
  if (totalEntries === 0 || progress.entriesTotal === 0) return counted(progress);
  const left = progress.entriesTotal - progress.entriesDone;
  return { done: Math.max(safeEntries, totalEntries - left), total: totalEntries };
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
  const { words } = viewer;
  const { _ } = words;
  const { agent } = state;
  const last = ago(words, agent.lastBackup, state.now);
  const when = last === '' ? _('Not at school yet') : _('Last time: {when}', { when: last });
  // Small, and beside what is well: nothing is wrong, and the teacher may know.
  const digits =
    isUnconfirmed(agent) && _('For your teacher: {digits}', { digits: agent.pairingCode });
  const text = digits ? `${when} · ${digits}` : when;
  if (isAllSafe(agent)) {
    const buttons = agent.state === 'due' ? [backUpButton(words)] : [];
    return schoolPage(state, viewer, 'safe', { title: _('All safe at school'), text, buttons });
  }
  if (state.now < state.confirmedUntil) {
    return schoolPage(state, viewer, 'working', { title: _('The school is checking'), level: 1 });
  }
  const title = safeTitle(agent, viewer);
  return schoolPage(state, viewer, 'waiting', { title, text, buttons: [backUpButton(words)] });
}

function safeTitle({ safeEntries, totalEntries: n }: Agent, { words }: Viewer): string {
  if (n === 0) return '';
  const done = words.number(safeEntries);
  return words._n('{done} of {n} safe at school', '{done} of {n} safe at school', n, { done });
}
