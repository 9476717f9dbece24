/** Step two of the complete restore: a calendar with a dot on each day that has a snapshot. */
import { monthOf } from '../../../../shared/words/month.ts';
import { ago, size } from '../../../../shared/words/words.ts';
import type { Day } from '../../state/answers.ts';
import { answerTo } from '../../state/known-answers.ts';
import type { Place, State } from '../../state/state.ts';
import type { ButtonModel, CalendarBody, CalendarDay, Viewer } from '../body.ts';
import { nothing } from '../page.ts';
import { daysIn, shiftMonth } from './month-grid.ts';

type WhenPlace = Extract<Place, { type: 'when' }>;

export function calendarBody(state: State, place: WhenPlace, viewer: Viewer): CalendarBody {
  const { words } = viewer;
  const { _ } = words;
  const question = { type: 'days', of: place.of } as const;
  const days = answerTo(state, question) ?? [];
  const chosen = days.find(({ snapshot }) => snapshot === place.chosen) ?? days[0];
  const { month, weeks } = monthOf(place.month || chosen?.created || state.now);
  const marked = daysIn(month, days);
  const go: ButtonModel[] = chosen
    ? [
        {
          ...{ icon: { theme: 'go-next' }, label: _('This day') },
          event: { type: 'go', place: { type: 'go', of: place.of, snapshot: chosen.snapshot } },
          main: true,
        },
      ]
    : [];
  return {
    type: 'calendar',
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
      days.some(({ created }) => shiftMonth(created, 0) < month),
    ),
    later: turn(
      _('Month after'),
      'go-next',
      shiftMonth(month, 1),
      days.some(({ created }) => shiftMonth(created, 0) > month),
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
    event: kept ? { type: 'choose', snapshot: kept.snapshot } : null,
    chosen: kept !== undefined && kept.snapshot === chosen?.snapshot,
    name: kept ? words.date(kept.created) : label,
  };
}

function turn(label: string, icon: string, month: number, sensitive: boolean): ButtonModel {
  return { icon: { theme: icon }, label, event: { type: 'month', month }, sensitive };
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
