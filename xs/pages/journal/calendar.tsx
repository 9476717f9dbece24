/** Calendars of a Journal's backups: a day with a backup is a link, with a dot and in bold. */
import type { VNode } from 'preact';
import type { Serial } from '../../../shared/ids.ts';
import type { Words } from '../../../shared/words/words.ts';
import { dayPath } from '../frame/paths.ts';
import type { ShownSnapshot } from './journal.ts';
import type { CalendarDay, CalendarMonth } from './months.ts';

export interface CalendarProps {
  words: Words;
  reader: Serial;
  months: readonly CalendarMonth<ShownSnapshot>[];
}

export function Calendars({ words, reader, months }: CalendarProps): VNode {
  const weekdays = words.weekdays();
  return (
    <div class="months">
      {months.map(({ month, weeks }) => (
        <table key={month} class="month">
          <caption>{words.month(month)}</caption>
          <thead>
            <tr>
              {weekdays.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeks.map((week, n) => (
              <tr key={n}>
                {week.map((one, weekday) => (
                  <td key={weekday}>
                    {one ? <Cell words={words} reader={reader} one={one} /> : null}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}

interface CellProps extends Pick<CalendarProps, 'words' | 'reader'> {
  one: CalendarDay<ShownSnapshot>;
}

function Cell({ words, reader, one: { day, backups } }: CellProps) {
  const [newest] = backups;
  if (!newest) return <>{words.number(day)}</>;
  const { _, _n, number, date } = words;
  const about = [
    date(newest.created),
    _n('{n} thing', '{n} things', newest.snapshot.entries),
    ...(backups.length > 1 ? [_n('{n} backup', '{n} backups', backups.length)] : []),
    ...(newest.owner.old ? [_('from the old laptop')] : []),
  ].join(', ');
  return (
    <a class="kept" href={dayPath(reader, newest)} aria-label={about} title={about}>
      {number(day)}
    </a>
  );
}
