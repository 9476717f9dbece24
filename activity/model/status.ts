/**
 * The first screen: how much of the Journal is safe, as a picture; what is going on; and, where it
 * waits, why.
 */

import { ago, timeLeft } from '../../shared/words/words.ts';
import { isOpen, type Job } from './agent.ts';
import { type Shape, schoolPicture } from './pictures/school.ts';
import { queueWhy, type Why, whyNow, whyOf } from './reasons.ts';
import type { ButtonModel, PageBody, Viewer } from './screen.ts';
import type { Act, State } from './state.ts';

/** Time is told only after this many seconds, when it is worth something (rule 6). */
export const TELL_TIME_AFTER_S = 20;

export function statusBody(state: State, viewer: Viewer): PageBody {
  const { agent } = state;
  if (agent.presence === 'starting') return page(state, viewer, 'none', '', '', []);
  if (agent.presence === 'absent')
    return waiting(state, viewer, whyOf('absent', viewer.words, viewer.colours));
  const why = whyWaiting(state, viewer);
  if (why) return waiting(state, viewer, why);
  const job = openJob(state);
  if (isWorking(state) || job) return working(state, viewer, job);
  return resting(state, viewer);
}

/** Why nothing is under way, when something should be; null when all is well. */
export function whyWaiting(state: State, viewer: Viewer): Why | null {
  const { agent } = state;
  const { words, colours } = viewer;
  const first = agent.reasons[0] ?? '';
  switch (agent.state) {
    case 'queued':
      return queueWhy(agent.queuePlace, agent.queuedUntil, words, colours);
    case 'paused':
      return whyOf('paused', words, colours);
    case 'waiting':
      if (first === 'queue') return queueWhy(agent.queuePlace, agent.queuedUntil, words, colours);
      // A backup that was stopped rests for an hour, unless somebody asks for it.
      if (first === 'paused') return { ...whyOf(first, words, colours), again: true };
      if (first === 'problem') return whyOf(agent.problem.code, words, colours);
      return whyNow(state, agent.registration === 'pending' ? 'teacher' : first, viewer);
    case 'due': {
      const code = failedBackup(state);
      return code === '' ? null : whyNow(state, code, viewer, true);
    }
    default:
      return null;
  }
}

/** Why the last backup came to nothing: one that was asked for is not tried for ever, and then due. */
function failedBackup({ jobs }: State): string {
  const ended = Object.values(jobs).filter((job) => job.kind === 'backup' && !isOpen(job));
  const last = ended.at(-1);
  return last?.state === 'failed' ? last.problem.code : '';
}

/** The job at work, or the first in line, as the agent chooses it: what a child waits for goes first. */
export function openJob(state: State): Job | undefined {
  const open = Object.values(state.jobs).filter(isOpen);
  const rank = ({ kind }: Job) => ['restore', 'pins', 'backup'].indexOf(kind);
  const [first] = open.toSorted((a, b) => rank(a) - rank(b));
  return open.find(({ state }) => state === 'running') ?? first;
}

/** Where the agent has it; empty for one that it has forgotten. */
export function pathOf({ jobs }: State, job: Job): string {
  return Object.keys(jobs).find((path) => jobs[path] === job) ?? '';
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
  const title = entriesTotal > 0 ? _('{done} of {total}', counted) : workTitle(agent.state, viewer);
  const text = [currentTitle, timeText(state, viewer)].filter((part) => part !== '').join(' · ');
  const buttons = [stopButton(state, job, viewer)];
  return page(state, viewer, isRestore ? 'bringing' : 'working', title, text, buttons);
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
    const why = {
      ...whyOf('problem', viewer.words, viewer.colours),
      title: _('The school asks your teacher'),
    };
    return {
      ...page(
        state,
        viewer,
        'help',
        why.title,
        _('Your Journal looks different. The school keeps what was before.'),
        [],
      ),
    };
  }
  if (agent.state === 'safe')
    return page(state, viewer, 'safe', safeTitle(state, viewer), since, []);
  const backUp: ButtonModel = {
    icon: { own: 'send' },
    label: _('Back up now'),
    event: { on: 'act', act: { do: 'back-up' } },
    main: true,
  };
  return page(state, viewer, 'waiting', safeTitle(state, viewer), since || _('Not at school yet'), [
    backUp,
  ]);
}

function safeTitle(state: State, { words: { _, _n, number } }: Viewer): string {
  const { totalEntries } = state.agent;
  const safeEntries = safeCount(state);
  if (totalEntries > 0 && safeEntries === totalEntries) return _('All safe at school');
  return _n('{done} of {n} safe at school', '{done} of {n} safe at school', totalEntries, {
    done: number(safeEntries),
  });
}

function waiting(state: State, viewer: Viewer, why: Why): PageBody {
  const { _ } = viewer.words;
  const { agent } = state;
  const job = openJob(state);
  const buttons: ButtonModel[] = [];
  if (agent.state === 'paused') {
    buttons.push({
      icon: { theme: 'media-playback-start' },
      label: _('Go on'),
      event: { on: 'act', act: { do: 'resume' } },
      main: true,
    });
  } else if (why.again) {
    const act = agent.presence === 'absent' ? ({ do: 'again' } as const) : askedAgain(job);
    buttons.push({
      icon: { theme: 'view-refresh' },
      label: _('Try now'),
      event: { on: 'act', act },
      main: true,
    });
  }
  // The day's backup is nobody's wish; what a child asked for can be given up.
  if (job && job.kind !== 'backup' && job.kind !== 'pins')
    buttons.push(stopButton(state, job, viewer));
  const body = page(state, viewer, why.help ? 'help' : 'waiting', why.title, why.text, buttons);
  const code = agent.registration === 'pending' ? agent.pairingCode : '';
  return { ...body, pictures: [...body.pictures, why.picture], code };
}

/** Asks once more for what waits, which ends its wait. */
function askedAgain(job: Job | undefined): Act {
  const { kind, of, snapshot, entry: uid } = job ?? { kind: '', of: '', snapshot: '', entry: '' };
  switch (kind) {
    case 'restore':
      return { do: 'restore-all', of, snapshot };
    case 'restore-entry':
      return { do: 'bring-back', of, snapshot, uid };
    case 'keep':
    case 'fetch':
      return { do: kind, uid };
    default:
      return { do: 'back-up' };
  }
}

function stopButton(state: State, job: Job | undefined, { words: { _ } }: Viewer): ButtonModel {
  return {
    icon: { theme: 'dialog-cancel' },
    label: _('Stop'),
    event: { on: 'act', act: { do: 'stop', job: job ? pathOf(state, job) : '' } },
  };
}

/** The way back to a complete restore that is under way, waits, or was left half way. */
function restoreButton(state: State, { words: { _ } }: Viewer): ButtonModel[] {
  const open = Object.values(state.jobs).find((job) => job.kind === 'restore' && isOpen(job));
  const restore = open ?? state.agent.unfinished[0];
  if (!restore) return [];
  const { of, snapshot } = restore;
  const event = { on: 'go', place: { at: 'restoring', of, snapshot } } as const;
  return [{ icon: { own: 'bring' }, label: _('What comes back'), event }];
}

function page(
  state: State,
  viewer: Viewer,
  shape: Shape,
  title: string,
  text: string,
  buttons: ButtonModel[],
): PageBody {
  const { _, number } = viewer.words;
  const { totalEntries } = state.agent;
  const safe = totalEntries > 0 ? safeCount(state) / totalEntries : 0;
  const level = shape === 'working' ? safe + (1 - safe) * sentShare(state) : safe;
  const share = _('{n} % of your Journal is safe at school', {
    n: number(Math.floor(safe * 100)),
  });
  const name = [shapeName(shape, viewer), share].filter((part) => part !== '').join('. ');
  const main = buttons.every((button) => !button.main);
  const links = restoreButton(state, viewer).map((button) => ({ ...button, main }));
  const all = [...buttons, ...links];
  const picture = schoolPicture({ colours: viewer.colours, level, shape, name });
  return { kind: 'page', pictures: [picture], title, text, code: '', samples: [], buttons: all };
}

/** As the agent counts them; right after a backup, before it has counted again, all of them. */
function safeCount({ agent, now, confirmedUntil }: State): number {
  return now < confirmedUntil ? agent.totalEntries : agent.safeEntries;
}

/** What is on its way fills the picture too; that it is safe, only the school can say. */
function sentShare({ agent }: State): number {
  return agent.bytesTotal > 0 ? agent.bytesDone / agent.bytesTotal : 0;
}

function shapeName(shape: Shape, { words: { _ } }: Viewer): string {
  switch (shape) {
    case 'safe':
      return _('Safe');
    case 'working':
      return _('Going to school');
    case 'bringing':
      return _('Coming back');
    case 'waiting':
      return _('Waiting');
    case 'help':
      return _('Needs help');
    case 'none':
      return '';
    default:
      return shape satisfies never;
  }
}
