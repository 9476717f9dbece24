/** The days that the school keeps, as a list; with a search, each day leads to what it finds there. */

import { ago, size, type Words } from '../../../../shared/words/words.ts';
import { dayPicture } from '../../pictures/things.ts';
import type { Day } from '../../state/answers.ts';
import { answerTo } from '../../state/known-answers.ts';
import type { Place, State } from '../../state/state.ts';
import type { ButtonModel, ListBody, Row, Viewer } from '../body.ts';
import { nothing } from '../page.ts';

type DaysPlace = Extract<Place, { type: 'days' }>;

export function daysBody(state: State, place: DaysPlace, viewer: Viewer): ListBody {
  const { _ } = viewer.words;
  const { of, search } = place;
  const question = { type: 'days', of } as const;
  const days = answerTo(state, question) ?? [];
  const laptops = answerTo(state, { type: 'laptops' }) ?? [];
  const others = laptops.filter(({ replaced }) => replaced);
  const buttons: ButtonModel[] = others.map(({ serial, nick }) => ({
    ...{ icon: { theme: 'computer-xo' }, label: nick || serial },
    event: { type: 'go', place: { ...place, of: serial } },
  }));
  const title = search ? _('"{text}" at school', { text: search }) : _('What the school keeps');
  return {
    ...{ type: 'list', key: `days ${of} ${search ?? ''}`, title, picture: null },
    count: days.length,
    row: (index) => dayRow(days, index, place, state, viewer),
    empty: days.length > 0 ? null : nothing(state, question, _('Nothing at school yet'), viewer),
    buttons,
  };
}

/** Shows this day in the Journal, or takes it out; nothing where the laptop cannot. */
function journalButtons({ agent }: State, of: string, day: Day, { _ }: Words): ButtonModel[] {
  const { inJournal } = agent;
  const isThis = inJournal.of === of && inJournal.snapshot === day.snapshot;
  switch (inJournal.state) {
    case 'closed':
    case 'opening':
    case 'open': {
      const isOpen = isThis && inJournal.state === 'open';
      const show = { type: 'show-day', of, snapshot: day.snapshot } as const;
      return [
        {
          icon: { theme: isOpen ? 'media-eject' : 'activity-journal' },
          label: isOpen ? _('Out of my Journal') : _('In my Journal'),
          event: { type: 'act', act: isOpen ? { type: 'hide-day' } : show },
          sensitive: inJournal.state !== 'opening',
        },
      ];
    }
    default:
      return [];
  }
}

function dayRow(
  days: readonly Day[],
  index: number,
  { of, search = '' }: DaysPlace,
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
    // Two snapshots of one day differ only in the time.
    note: [...(sameDay ? [words.clock(day.created)] : []), ...facts].join(' · '),
    when: ago(words, day.created, state.now),
    preview: null,
    marks: [],
    buttons: journalButtons(state, of, day, words),
    open: { type: 'go', place: { type: 'entries', of, snapshot: day.snapshot, search } },
  };
}
