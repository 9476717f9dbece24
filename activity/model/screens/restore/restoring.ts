/** A complete restore that is running, waiting, stopped half way or done. */

import { timeLeft } from '../../../../shared/words/words.ts';
import { isAbsent, isOpen, type Job, pathOf } from '../../state/agent.ts';
import type { Place, State } from '../../state/state.ts';
import type { ButtonModel, PageBody, Viewer } from '../body.ts';
import { cancelButton, homeButton, resumeButton, tryNowButton } from '../buttons.ts';
import { TELL_TIME_AFTER_S } from '../job.ts';
import { emptyPage } from '../page.ts';
import { type Why, whyLine, whyNow, whyOf } from '../reasons.ts';
import { ring } from './ring.ts';

type RestoringPlace = Extract<Place, { type: 'restoring' }>;

export function restoringBody(state: State, place: RestoringPlace, viewer: Viewer): PageBody {
  const job = jobAt(state, place);
  if (job && isOpen(job)) return progress(state, job, viewer);
  if (isAbsent(state.agent) && job?.state !== 'done') return noAgent(viewer);
  if (state.now < state.expectedUntil) return asking(viewer);
  const unfinished = state.agent.unfinished.find(
    ({ of, snapshot }) => of === place.of && (snapshot === place.snapshot || place.snapshot === ''),
  );
  if (job?.state === 'done') return result(job, viewer);
  if (unfinished) return halfway(state, unfinished, place, viewer);
  if (job) return halfway(state, { back: job.entriesDone, total: job.entriesTotal }, place, viewer);
  if (state.agent.presence === 'starting') return asking(viewer);
  const title = viewer.words._('Nothing is on its way now');
  return { ...asking(viewer), busy: false, title, buttons: [homeButton(viewer.words)] };
}

function asking(viewer: Viewer): PageBody {
  const title = viewer.words._('Asking the school');
  return { ...emptyPage(), pictures: [ring(0, viewer, 'none')], title, busy: true };
}

function noAgent({ words, color }: Viewer): PageBody {
  const { picture, title, text } = whyOf('absent', words, color);
  const buttons = [tryNowButton(words, { type: 'again' })];
  return { ...emptyPage(), pictures: [picture], title, text, buttons };
}

/** The restore of this place: a running one first, else the latest that ended, else one remembered here. */
function jobAt(state: State, place: RestoringPlace): Job | undefined {
  const known = [...(state.ended ? [state.ended] : []), ...Object.values(state.jobs)];
  const jobs = known.filter(({ kind }) => kind === 'restore');
  const here = jobs.filter(
    ({ of, snapshot }) =>
      (of === place.of || isOwn(state, of, place.of)) &&
      (place.snapshot === '' || snapshot === place.snapshot),
  );
  return here.find(isOpen) ?? here.at(-1);
}

/** Both mean this laptop, which is named by its serial or by an empty text. */
function isOwn({ agent }: State, a: string, b: string): boolean {
  return [a, b].every((of) => of === '' || of === agent.serial);
}

function progress(state: State, job: Job, viewer: Viewer): PageBody {
  const { entriesDone, entriesTotal } = job;
  const part = entriesTotal > 0 ? entriesDone / entriesTotal : 0;
  const cancel = cancelButton(viewer.words, state, job);
  const picture = ring(part, viewer, 'bringing');
  const [reason] = job.state === 'waiting' ? job.reasons : [];
  if (!reason) return { ...moving(state, job, viewer), pictures: [picture], cancel };
  const waits = whyNow(state, reason, viewer);
  const { title, text, digits } = waits;
  const buttons = wayOn(job, waits, viewer);
  const page = { ...emptyPage(), pictures: [picture, waits.picture], cancel };
  return { ...page, title, text, code: digits, buttons };
}

/** The count, the entry that is moving now, and the time left once it can be estimated. */
function moving(state: State, job: Job, { words }: Viewer): PageBody {
  const { _, number } = words;
  const { entriesDone, entriesTotal, currentEntry: uid, of, snapshot } = job;
  const seconds = state.now - (state.since[pathOf(state.jobs, job)] ?? state.now);
  const left = seconds < TELL_TIME_AFTER_S ? '' : timeLeft(words, job.timeLeft);
  return {
    ...emptyPage(),
    samples: uid === '' ? [] : [{ of, snapshot, uid }],
    title:
      entriesTotal > 0
        ? _('{done} of {total}', { done: number(entriesDone), total: number(entriesTotal) })
        : _('Asking the school'),
    text: [job.currentTitle, left].filter((text) => text !== '').join(' · '),
  };
}

/** The button that ends the wait, if a press can. */
function wayOn({ of, snapshot, reasons }: Job, waits: Why, { words }: Viewer): ButtonModel[] {
  if (reasons[0] === 'paused') return [resumeButton(words)];
  return waits.again ? [tryNowButton(words, { type: 'restore-all', of, snapshot })] : [];
}

/** Stopped or cut off: what came stays, and a button continues. */
function halfway(
  state: State,
  { back, total }: { back: number; total: number },
  place: RestoringPlace,
  viewer: Viewer,
): PageBody {
  const { _, number } = viewer.words;
  const job = jobAt(state, place);
  const { of, snapshot } = place;
  const why = job?.state === 'failed' ? whyNow(state, job.problem.code, viewer, true) : null;
  const goOn: ButtonModel = {
    ...{ icon: { theme: 'go-next' }, label: _('Go on') },
    event: { type: 'act', act: { type: 'restore-all', of, snapshot } },
    main: true,
  };
  const enough: ButtonModel = {
    ...{ icon: { theme: 'dialog-ok' }, label: _('Enough') },
    event: { type: 'act', act: { type: 'forget', of, snapshot } },
  };
  return {
    ...emptyPage(),
    pictures: [
      ring(total > 0 ? back / total : 0, viewer, 'waiting'),
      ...(why ? [why.picture] : []),
    ],
    title:
      total > 0
        ? _('{done} of {total} are here', { done: number(back), total: number(total) })
        : _('Nothing came back yet'),
    text: why ? whyLine(why) : '',
    code: why?.digits ?? '',
    buttons: [goOn, enough],
  };
}

/** What a finished restore brought: counts of entries that were read back and compared. */
function result(job: Job, viewer: Viewer): PageBody {
  const { _n, _ } = viewer.words;
  const { restored = 0, beside = 0, alreadyHere = 0, problems = 0 } = job.summary;
  // If all of them came beside newer ones, those are the ones to count.
  const came = restored || beside;
  const none = problems > 0 ? _('Nothing came back yet') : _('All of it is here already');
  const lines = [
    alreadyHere > 0 ? _n('{n} is here already', '{n} are here already', alreadyHere) : '',
    beside > 0 ? _n('{n} came beside a newer one', '{n} came beside newer ones', beside) : '',
    problems > 0
      ? _n(
          '{n} could not come: show this to your teacher',
          '{n} could not come: show this to your teacher',
          problems,
        )
      : '',
  ];
  return {
    ...emptyPage(),
    pictures: [ring(1, viewer, problems > 0 ? 'help' : 'safe')],
    title: came > 0 ? _n('{n} thing came back', '{n} things came back', came) : none,
    text: lines.filter((line) => line !== '').join('\n'),
    buttons: [homeButton(viewer.words)],
  };
}
