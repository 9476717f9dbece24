/**
 * When: a calendar with a dot on each day that the school has kept, the newest already chosen.
 */

import { ago, size } from '../../shared/words/words.ts';
import type { Day } from './answers.ts';
import { daysIn, monthOf, shiftMonth } from './calendar.ts';
import { nothing } from './lists.ts';
import type { ButtonModel, CalendarBody, CalendarDay, Viewer } from './screen.ts';
import { answerTo, type Place, type State } from './state.ts';

type WhenPlace = Extract<Place, { at: 'when' }>;

export function calendarBody(state: State, place: WhenPlace, viewer: Viewer): CalendarBody {
  const { words } = viewer;
  const { _ } = words;
  const question = { ask: 'days', of: place.of } as const;
  const days = answerTo(state, question) ?? [];
  const chosen = days.find(({ snapshot }) => snapshot === place.chosen) ?? days[0];
  const { month, weeks } = monthOf(place.month || chosen?.created || state.now);
  const marked = daysIn(month, days);
  const go: ButtonModel[] = chosen
    ? [
        {
          ...{ icon: { theme: 'go-next' }, label: _('This day') },
          event: { on: 'go', place: { at: 'go', of: place.of, snapshot: chosen.snapshot } },
          main: true,
        },
      ]
    : [];
  return {
    kind: 'calendar',
    title: _('From which day?'),
    month: words.month(month),
    weekdays: words.weekdays(),
    weeks: weeks.map((week) =>
      week.map((day) => (day === null ? null : cell(day, marked.get(day), chosen, viewer))),
    ),
    earlier: turn(
      _('Month before'),
      'go-previous',
      shiftMonth(month, -1),
      days.some(({ created }) => created < month - 12 * 3600),
    ),
    later: turn(
      _('Month after'),
      'go-next',
      shiftMonth(month, 1),
      days.some(({ created }) => created >= shiftMonth(month, 1) - 12 * 3600),
    ),
    chosen: chosen ? chosenText(chosen, state, viewer) : null,
    buttons: go,
    empty: days.length > 0 ? null : nothing(state, question, _('Nothing at school yet'), viewer),
  };
}

function cell(
  day: number,
  kept: Day | undefined,
  chosen: Day | undefined,
  { words }: Viewer,
): CalendarDay {
  const label = words.number(day);
  return {
    day,
    label,
    event: kept ? { on: 'choose', snapshot: kept.snapshot } : null,
    chosen: kept !== undefined && kept.snapshot === chosen?.snapshot,
    name: kept ? words.date(kept.created) : label,
  };
}

function turn(label: string, icon: string, month: number, sensitive: boolean): ButtonModel {
  return { icon: { theme: icon }, label, event: { on: 'month', month }, sensitive };
}

function chosenText(day: Day, state: State, { words }: Viewer): { title: string; text: string } {
  const { _n, date, clock } = words;
  const facts = [
    ago(words, day.created, state.now),
    clock(day.created),
    _n('{n} thing', '{n} things', day.entries),
    size(words, day.bytes),
  ];
  return { title: date(day.created), text: facts.join(' · ') };
}
