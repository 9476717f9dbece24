/**
 * What the school keeps, as lists that look like the Journal: days, the entries of a day or of a
 * search, and the pins with their jar.
 */

import { ago, size } from '../../shared/words/words.ts';
import { isOpen } from './agent.ts';
import type { AtSchool, Day, EntryRow, Pin } from './answers.ts';
import { dayPicture, jarPicture } from './pictures/things.ts';
import { PAGE } from './questions.ts';
import { whyNow } from './reasons.ts';
import type { ButtonModel, ListBody, PageBody, Row, Viewer } from './screen.ts';
import { answerTo, failureOf, type Place, type Question, type State } from './state.ts';

type At<A extends Place['at']> = Extract<Place, { at: A }>;

export function daysBody(state: State, place: At<'days'>, viewer: Viewer): ListBody {
  const { _ } = viewer.words;
  const { of, search } = place;
  const question = { ask: 'days', of } as const;
  const days = answerTo(state, question) ?? [];
  const laptops = answerTo(state, { ask: 'laptops' }) ?? [];
  const others = laptops.filter(({ replaced }) => replaced);
  const buttons: ButtonModel[] = others.map(({ serial, nick }) => ({
    ...{ icon: { theme: 'computer-xo' }, label: nick || serial },
    event: { on: 'go', place: { ...place, of: serial } },
  }));
  const title = search ? _('"{text}" at school', { text: search }) : _('What the school keeps');
  return {
    ...{ kind: 'list', key: `days ${of} ${search ?? ''}`, title, picture: null },
    count: days.length,
    row: (index) => dayRow(days, index, place, state, viewer),
    empty: days.length > 0 ? null : nothing(state, question, _('Nothing at school yet'), viewer),
    buttons,
  };
}

function dayRow(
  days: readonly Day[],
  index: number,
  { of, search = '' }: At<'days'>,
  state: State,
  { words }: Viewer,
): Row | null {
  const day = days[index];
  if (!day) return null;
  const { _n, date, number } = words;
  const title = date(day.created);
  const beside = [days[index - 1], days[index + 1]];
  const sameDay = beside.some((other) => other && date(other.created) === title);
  const facts = [_n('{n} thing', '{n} things', day.entries), size(words, day.bytes)];
  return {
    key: day.snapshot,
    icon: dayPicture(number(new Date(day.created * 1000).getDate()), title),
    title,
    // Two of one day are told apart by the time.
    note: [...(sameDay ? [words.clock(day.created)] : []), ...facts].join(' · '),
    when: ago(words, day.created, state.now),
    preview: null,
    marks: [],
    buttons: [],
    open: { on: 'go', place: { at: 'entries', of, snapshot: day.snapshot, search } },
  };
}

export function entriesBody(state: State, place: At<'entries'>, viewer: Viewer): ListBody {
  const { words } = viewer;
  const { of, snapshot, search } = place;
  const question = (page: number) => ({ ask: 'page', of, snapshot, search, page }) as const;
  const found = answerTo(state, question(0));
  const total = found?.total ?? 0;
  const day = answerTo(state, { ask: 'days', of })?.find((known) => known.snapshot === snapshot);
  const what = search && words._('"{text}" at school', { text: search });
  const parts = [what, day ? words.date(day.created) : ''].filter((part) => part !== '');
  const title = parts.join(' · ') || words._('What the school keeps');
  const older = found ? olderDays(place, viewer) : [];
  const none = search === '' ? words._('Nothing at school yet') : words._('Nothing found');
  const row = (index: number): Row | null => {
    const entry = answerTo(state, question(Math.floor(index / PAGE)))?.rows[index % PAGE];
    return entry ? entryRow(entry, place, state, viewer) : null;
  };
  return {
    ...{ kind: 'list', key: `entries ${of} ${snapshot} ${search}`, title, picture: null },
    ...{ count: total, row, buttons: total > 0 ? older : [] },
    empty:
      total > 0 ? null : nothingFound(nothing(state, question(0), none, viewer), older, viewer),
  };
}

/** What is not in the newest snapshot any more may be in one of an older day. */
function olderDays(
  { of, snapshot, search }: At<'entries'>,
  { words: { _ } }: Viewer,
): ButtonModel[] {
  if (snapshot !== '' || search === '') return [];
  const event = { on: 'go', place: { at: 'days', of, search } } as const;
  return [{ icon: { own: 'days' }, label: _('Days'), event }];
}

/** Nothing found is no end: there are other days to look in. */
function nothingFound(body: PageBody, older: ButtonModel[], { words: { _ } }: Viewer): PageBody {
  const [days] = older;
  if (!days) return body;
  return { ...body, text: _('Look in an older day?'), buttons: [{ ...days, main: true }] };
}

function entryRow(entry: EntryRow, place: At<'entries'>, state: State, viewer: Viewer): Row {
  const { words } = viewer;
  const { _ } = words;
  const { of, snapshot } = place;
  const { uid } = entry;
  const pinned = state.pinning[uid] ?? entry.pinned;
  const marks: Row['marks'] = [];
  if (entry.here === 'same') marks.push({ sign: 'home', name: _('Also on this laptop') });
  return {
    key: `${uid} ${entry.digest}`,
    icon: { activity: entry.activity, mimeType: entry.mimeType, color: entry.color },
    title: entry.title || _('No title'),
    note: workNote(state, uid, viewer),
    when: ago(words, entry.timestamp, state.now),
    preview: { of, snapshot, uid },
    marks,
    buttons: [
      bringBack({ of, snapshot, uid }, { words }),
      // Pins are of this laptop's own entries.
      ...(of === '' ? [pinButton(pinned, snapshot, uid, entry.title, { words })] : []),
    ],
    open: { on: 'go', place: { at: 'entry', of, snapshot, uid } },
  };
}

/** What is going on with this entry, or why that waits; empty for nothing. */
export function workNote(state: State, uid: string, viewer: Viewer): string {
  const job = Object.values(state.jobs).find((one) => one.entry === uid && isOpen(one));
  if (!job) return '';
  const [reason] = job.state === 'waiting' ? job.reasons : [];
  if (reason === undefined) return viewer.words._('It is on its way.');
  return whyNow(state, reason, viewer).title;
}

/** One gesture: it comes under its own name or beside a newer one; nothing is overwritten (rule 9). */
export function bringBack(
  entry: { of: string; snapshot: string; uid: string },
  { words: { _ } }: Pick<Viewer, 'words'>,
): ButtonModel {
  return {
    icon: { own: 'bring' },
    label: _('Bring back'),
    event: { on: 'act', act: { do: 'bring-back', ...entry } },
  };
}

export function pinButton(
  pinned: boolean,
  snapshot: string,
  uid: string,
  title: string,
  { words: { _ } }: Pick<Viewer, 'words'>,
): ButtonModel {
  if (pinned) {
    return {
      icon: { own: 'pinned' },
      label: _('Unpin'),
      event: { on: 'act', act: { do: 'unpin', uid, title } },
    };
  }
  return {
    icon: { own: 'pin' },
    label: _('Pin'),
    event: { on: 'act', act: { do: 'pin', snapshot, uid } },
  };
}

/** The pins, the oldest first when the jar is full: that is the one to take out (rule 10). */
export function pinsBody(state: State, viewer: Viewer): ListBody {
  const { words } = viewer;
  const { _ } = words;
  const answer = answerTo(state, { ask: 'pins' });
  const pins = (answer?.pins ?? []).filter(({ uid }) => state.pinning[uid] !== false);
  const atSchool = answerTo(state, { ask: 'at-school' }) ?? [];
  const { used, limit } = answer ?? { used: 0, limit: 0 };
  const level = limit > 0 ? used / limit : 0;
  const full = level > 0.95;
  const sorted = [...pins].sort((a, b) => (full ? a.pinned - b.pinned : b.pinned - a.pinned));
  const room =
    limit > 0 && pins.length > 0
      ? _('{used} of {limit}', { used: size(words, used), limit: size(words, limit) })
      : '';
  const title = full
    ? _('The jar is full: take out the oldest?')
    : _('Pinned: the school keeps these');
  return {
    ...{
      kind: 'list',
      key: 'pins',
      title: [title, room].filter((part) => part !== '').join(' · '),
    },
    picture: jarPicture(
      level,
      _('A jar, {n} % full', { n: words.number(Math.round(level * 100)) }),
    ),
    count: sorted.length + atSchool.length,
    row: (index) => {
      const pin = sorted[index];
      if (pin) return pinRow(pin, state, viewer);
      return atSchoolRow(atSchool[index - sorted.length], state, viewer);
    },
    empty:
      sorted.length + atSchool.length > 0
        ? null
        : nothing(state, { ask: 'pins' }, _('Nothing pinned yet'), viewer),
    buttons: [],
  };
}

function pinRow(pin: Pin, state: State, viewer: Viewer): Row {
  const { words } = viewer;
  const { _ } = words;
  const { uid, snapshot } = pin;
  const unpin = pinButton(true, snapshot, uid, pin.title, { words });
  const entry = { of: '', snapshot, uid };
  return {
    key: `pin ${uid} ${snapshot}`,
    icon: { activity: '', mimeType: '', color: '' },
    title: pin.title || _('No title'),
    note:
      workNote(state, uid, viewer) ||
      (pin.later ? _('As soon as you are at school') : size(words, pin.bytes)),
    when: ago(words, pin.pinned, state.now),
    preview: { ...entry },
    marks: [],
    buttons: [bringBack(entry, { words }), unpin],
    open: { on: 'go', place: { at: 'entry', ...entry } },
  };
}

function atSchoolRow(entry: AtSchool | undefined, state: State, viewer: Viewer): Row | null {
  if (!entry) return null;
  const { words } = viewer;
  const { _ } = words;
  const { uid } = entry;
  return {
    key: `school ${uid}`,
    icon: { activity: '', mimeType: '', color: '' },
    title: entry.title || _('No title'),
    note: workNote(state, uid, viewer) || _('Kept at school'),
    when: size(words, entry.bytes),
    preview: { of: '', snapshot: '', uid },
    marks: [{ sign: 'keep', name: _('Kept at school') }],
    buttons: [
      {
        icon: { own: 'fetch' },
        label: _('Fetch back'),
        event: { on: 'act', act: { do: 'fetch', uid } },
      },
    ],
    open: null,
  };
}

/** Instead of rows: still being asked, not to be reached, or really nothing. */
export function nothing(state: State, question: Question, none: string, viewer: Viewer): PageBody {
  const { words } = viewer;
  const failed = state.agent.presence === 'absent' ? 'absent' : failureOf(state, question);
  const known = answerTo(state, question) !== undefined;
  const body: PageBody = {
    kind: 'page',
    pictures: [],
    title: '',
    text: '',
    code: '',
    samples: [],
    buttons: [],
  };
  if (!known && failed === 'not-found') {
    // A new laptop has no newest day to search or to bring back.
    const isNewest = 'snapshot' in question && question.snapshot === '';
    return { ...body, title: isNewest ? words._('Nothing at school yet') : none };
  }
  if (!known && failed !== undefined) {
    const why = whyNow(state, failed, viewer, true);
    const again: ButtonModel = {
      icon: { theme: 'view-refresh' },
      label: words._('Try now'),
      event: { on: 'act', act: { do: 'again' } },
      main: true,
    };
    return {
      ...body,
      pictures: [why.picture],
      title: why.title,
      text: why.text,
      code: why.digits,
      buttons: [again],
    };
  }
  return { ...body, title: known ? none : words._('Asking the school') };
}
