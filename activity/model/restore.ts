/**
 * The complete restore: whose, when, go; then its progress, and what came of it. Nothing here
 * frightens: a restore adds and never takes away (rule 3).
 */

import { size, timeLeft } from '../../shared/words/words.ts';
import { isOpen, type Job } from './agent.ts';
import { GREY, readColours } from './colours.ts';
import { nothing } from './lists.ts';
import type { Picture } from './pictures/drawing.ts';
import { placed } from './pictures/drawing.ts';
import { badge } from './pictures/school.ts';
import { personPicture, ringPicture, xoInRing } from './pictures/things.ts';
import { type Why, whyNow, whyOf } from './reasons.ts';
import { calendarBody } from './restore-when.ts';
import type { ButtonModel, PageBody, PeopleBody, Viewer } from './screen.ts';
import { answerTo, type Place, type State } from './state.ts';
import { pathOf, TELL_TIME_AFTER_S } from './status.ts';

type At<A extends Place['at']> = Extract<Place, { at: A }>;

export { calendarBody as whenBody };

export function whoseBody(state: State, viewer: Viewer): PeopleBody {
  const { _ } = viewer.words;
  const laptops = answerTo(state, { ask: 'laptops' }) ?? [];
  return {
    kind: 'people',
    title: _('Whose Journal?'),
    people: laptops.map(({ serial, nick, color, replaced }) => {
      const name = nick || (replaced ? serial : state.nick) || serial;
      return {
        key: serial,
        picture: personPicture(readColours(color) ?? (replaced ? GREY : viewer.colours), name),
        name,
        note: replaced ? _('My old laptop') : _('This laptop'),
        event: {
          on: 'go',
          place: { at: 'when', of: replaced ? serial : '', chosen: '', month: 0 },
        },
      };
    }),
    empty:
      laptops.length > 0
        ? null
        : nothing(state, { ask: 'laptops' }, _('Nothing at school yet'), viewer),
  };
}

/** The preview: how many, how big, four pictures, and the way on. */
export function goBody(state: State, place: At<'go'>, viewer: Viewer): PageBody {
  const { words } = viewer;
  const { _, _n } = words;
  const { of, snapshot } = place;
  const question = { ask: 'plan', of, snapshot } as const;
  const plan = answerTo(state, question);
  if (!plan) return nothing(state, question, _('Nothing at school yet'), viewer);
  if (plan.entries === 0) {
    return {
      ...emptyPage(),
      pictures: [ring(1, viewer, 'safe')],
      title: _('All of it is here already'),
      buttons: [homeButton(viewer)],
    };
  }
  const lines = [
    size(words, plan.bytes),
    plan.here > 0 ? _n('{n} is here already', '{n} are here already', plan.here) : '',
    plan.beside > 0
      ? _n(
          '{n} was changed since: it stays, the old one comes beside it',
          '{n} were changed since: they stay, the old ones come beside them',
          plan.beside,
        )
      : '',
  ];
  const go: ButtonModel = {
    ...{ icon: { own: 'bring' }, label: _('Bring back') },
    event: { on: 'act', act: { do: 'restore-all', of, snapshot } },
    main: true,
  };
  return {
    ...emptyPage(),
    samples: plan.samples.map((uid) => ({ of, snapshot, uid })),
    title: _n('{n} thing comes back', '{n} things come back', plan.entries),
    text: lines.filter((line) => line !== '').join('\n'),
    buttons: [go],
  };
}

export function restoringBody(state: State, place: At<'restoring'>, viewer: Viewer): PageBody {
  const job = jobAt(state, place);
  if (job && isOpen(job)) return progress(state, job, viewer);
  if (state.agent.presence === 'absent' && job?.state !== 'done') return noAgent(viewer);
  if (state.now < state.expectedUntil) return asking(viewer);
  const unfinished = state.agent.unfinished.find(
    ({ of, snapshot }) => of === place.of && (snapshot === place.snapshot || place.snapshot === ''),
  );
  if (job?.state === 'done') return result(job, viewer);
  if (unfinished) return halfway(state, unfinished, place, viewer);
  if (job) return halfway(state, { back: job.entriesDone, total: job.entriesTotal }, place, viewer);
  if (state.agent.presence === 'starting') return asking(viewer);
  const title = viewer.words._('Nothing is on its way now');
  return { ...asking(viewer), title, buttons: [homeButton(viewer)] };
}

function asking(viewer: Viewer): PageBody {
  const title = viewer.words._('Asking the school');
  return { ...emptyPage(), pictures: [ring(0, viewer, 'none')], title };
}

function noAgent({ words, colours }: Viewer): PageBody {
  const why = whyOf('absent', words, colours);
  const again: ButtonModel = {
    ...{ icon: { theme: 'view-refresh' }, label: words._('Try now') },
    event: { on: 'act', act: { do: 'again' } },
    main: true,
  };
  const { picture, title, text } = why;
  return { ...emptyPage(), pictures: [picture], title, text, buttons: [again] };
}

/** The restore of this place: one under way before one that has ended, and that before a forgotten one. */
function jobAt(state: State, place: At<'restoring'>): Job | undefined {
  const known = [...(state.ended ? [state.ended] : []), ...Object.values(state.jobs)];
  const jobs = known.filter(({ kind }) => kind === 'restore');
  const here = jobs.filter(
    ({ of, snapshot }) =>
      (of === place.of || isOwn(state, of, place.of)) &&
      (place.snapshot === '' || snapshot === place.snapshot),
  );
  return here.find(isOpen) ?? here.at(-1);
}

/** This laptop is named by its serial or by nothing. */
function isOwn({ agent }: State, a: string, b: string): boolean {
  return [a, b].every((of) => of === '' || of === agent.serial);
}

function progress(state: State, job: Job, viewer: Viewer): PageBody {
  const { words } = viewer;
  const { _, number } = words;
  const { entriesDone, entriesTotal } = job;
  const part = entriesTotal > 0 ? entriesDone / entriesTotal : 0;
  const path = pathOf(state, job);
  const seconds = state.now - (state.since[path] ?? state.now);
  const left = seconds < TELL_TIME_AFTER_S ? '' : timeLeft(words, job.timeLeft);
  const title =
    entriesTotal > 0
      ? _('{done} of {total}', { done: number(entriesDone), total: number(entriesTotal) })
      : _('Asking the school');
  const samples =
    job.currentEntry === '' ? [] : [{ of: job.of, snapshot: job.snapshot, uid: job.currentEntry }];
  const waits =
    job.state === 'waiting' && job.reasons[0] ? whyNow(state, job.reasons[0], viewer) : null;
  return {
    ...emptyPage(),
    pictures: [ring(part, viewer, 'bringing'), ...(waits ? [waits.picture] : [])],
    samples: waits ? [] : samples,
    title: waits ? waits.title : title,
    text: waits ? waits.text : [job.currentTitle, left].filter((text) => text !== '').join(' · '),
    code: waits?.digits ?? '',
    buttons: [
      ...wayOn(job, waits, viewer),
      {
        icon: { theme: 'dialog-cancel' },
        label: _('Stop'),
        event: { on: 'act', act: { do: 'stop', job: path } },
      },
    ],
  };
}

/** What ends the wait, where a press can. */
function wayOn(
  { of, snapshot, reasons }: Job,
  waits: Why | null,
  { words }: Viewer,
): ButtonModel[] {
  const { _ } = words;
  const main = true;
  if (waits && reasons[0] === 'paused') {
    const icon = { theme: 'media-playback-start' };
    return [{ icon, label: _('Go on'), event: { on: 'act', act: { do: 'resume' } }, main }];
  }
  if (!waits?.again) return [];
  const act = { do: 'restore-all', of, snapshot } as const;
  return [
    { icon: { theme: 'view-refresh' }, label: _('Try now'), event: { on: 'act', act }, main },
  ];
}

/** Stopped, or cut off: what came stays, and there is an arrow to go on (rule 5). */
function halfway(
  state: State,
  { back, total }: { back: number; total: number },
  place: At<'restoring'>,
  viewer: Viewer,
): PageBody {
  const { _, number } = viewer.words;
  const job = jobAt(state, place);
  const { of, snapshot } = place;
  const why = job?.state === 'failed' ? whyNow(state, job.problem.code, viewer, true) : null;
  const goOn: ButtonModel = {
    ...{ icon: { theme: 'go-next' }, label: _('Go on') },
    event: { on: 'act', act: { do: 'restore-all', of, snapshot } },
    main: true,
  };
  const enough: ButtonModel = {
    ...{ icon: { theme: 'dialog-ok' }, label: _('Enough') },
    event: { on: 'act', act: { do: 'forget', of, snapshot } },
  };
  return {
    ...emptyPage(),
    pictures: [
      ring(total > 0 ? back / total : 0, viewer, 'waiting'),
      ...(why ? [why.picture] : []),
    ],
    title:
      total > 0
        ? _('{done} of {total} came back', { done: number(back), total: number(total) })
        : _('Nothing came back yet'),
    text: why ? [why.title, why.text].filter((part) => part !== '').join('. ') : '',
    code: why?.digits ?? '',
    buttons: [goOn, enough],
  };
}

/** Counts that were read back and compared, not hoped for. */
function result(job: Job, viewer: Viewer): PageBody {
  const { _n, _ } = viewer.words;
  const { restored = 0, beside = 0, alreadyHere = 0, problems = 0 } = job.summary;
  // Where all came beside newer ones, those are what came.
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
    buttons: [homeButton(viewer)],
  };
}

function homeButton({ words: { _ } }: Viewer): ButtonModel {
  return {
    icon: { theme: 'dialog-ok' },
    label: _('Ok'),
    event: { on: 'go', place: { at: 'status' } },
    main: true,
  };
}

function ring(
  part: number,
  { colours, words }: Viewer,
  shape: Parameters<typeof badge>[0],
): Picture {
  const inside = `${xoInRing(colours, part)}${placed(208, 200, 0.85, badge(shape))}`;
  const name = words._('{n} % came back', { n: words.number(Math.floor(part * 100)) });
  return ringPicture(part, inside, name);
}

function emptyPage(): PageBody {
  return { kind: 'page', pictures: [], title: '', text: '', code: '', samples: [], buttons: [] };
}
