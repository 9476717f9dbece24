/**
 * The first page of a Journal: a search in all of it, the newest day, calendars of its days.
 */
import type { VNode } from 'preact';
import type { Serial } from '../../../shared/ids.ts';
import { ago, size, type Words } from '../../../shared/words/words.ts';
import type { Binding } from '../../moodle/records.ts';
import type { Page } from '../frame/frame.tsx';
import { allPath, CLASS, dayPath } from '../frame/paths.ts';
import { XoIcon } from '../frame/xo-icon.tsx';
import { Calendars } from './calendar.tsx';
import type { Owner, ShownSnapshot } from './journal.ts';
import { JournalFrame } from './journal-frame.tsx';
import { calendarOf } from './months.ts';
import { MoodleNote } from './moodle-note.tsx';
import { SearchForm } from './search-form.tsx';

/** Calendars on one page; older days are in the list. */
const MAX_MONTHS = 12;

export interface DaysProps {
  page: Page;
  reader: Serial;
  owners: readonly Owner[];
  /** The newest first. */
  days: readonly ShownSnapshot[];
  /** Of a Moodle, that see this Journal; none for a teacher, who has a page about it. */
  accounts: readonly Binding[];
  /** Seconds since 1970. */
  now: number;
  /** Whether there is a class page. */
  classPage: boolean;
}

export function DaysPage(props: DaysProps): VNode {
  const { page, reader, owners, days, accounts, now, classPage } = props;
  const { _ } = page.words;
  const [newest] = days;
  const of = { reader, name: owners[0]?.nick || reader };
  const title = page.who?.teacher ? _('The Journal of {name}', { name: of.name }) : _('My days');
  if (!newest) {
    return (
      <JournalFrame page={page} of={of} title={title} trail={null}>
        <p>{_('The school keeps nothing yet.')}</p>
        {classPage ? <ToClass words={page.words} /> : null}
        <MoodleNote page={page} accounts={accounts} />
      </JournalFrame>
    );
  }
  return (
    <JournalFrame page={page} of={of} title={title} trail={null}>
      <SearchForm words={page.words} action={allPath(reader)} search={null} />
      <Day {...{ page, reader, now }} day={newest} newest />
      {classPage ? <ToClass words={page.words} /> : null}
      <Calendars words={page.words} reader={reader} months={calendarOf(days, MAX_MONTHS)} />
      {days.length > 1 ? <Older {...{ page, reader, now }} days={days.slice(1)} /> : null}
      <MoodleNote page={page} accounts={accounts} />
    </JournalFrame>
  );
}

function ToClass({ words }: { words: Words }) {
  return (
    <p>
      <a class="button" href={CLASS}>
        {words._('Class page')}
      </a>
    </p>
  );
}

/** Every other day, with the second backups of a day and what is older than the calendars. */
function Older({ page, reader, days, now }: Omit<DaysProps, 'owners' | 'accounts' | 'classPage'>) {
  return (
    <details>
      <summary>{page.words._('Older days as a list')}</summary>
      {byMonth(page.words, days).map(([month, shown]) => (
        <section key={month}>
          <h2>{month}</h2>
          <ul class="days">
            {shown.map((day) => (
              <li key={`${day.owner.serial} ${day.snapshot.name}`}>
                <Day {...{ page, reader, day, now }} newest={false} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </details>
  );
}

interface DayProps extends Pick<DaysProps, 'page' | 'reader' | 'now'> {
  day: ShownSnapshot;
  newest: boolean;
}

function Day({ page: { words }, reader, day, now, newest }: DayProps) {
  const { _, _n } = words;
  const { owner, snapshot, created } = day;
  return (
    <a class={newest ? 'day newest' : 'day'} href={dayPath(reader, day)}>
      <XoIcon colors={owner.colors} size={40} />
      <span class="what">
        <strong>
          {words.date(created)}, {words.clock(created)}
        </strong>
        <span>
          {ago(words, created, now)}
          {newest ? ` · ${_('the newest')}` : ''}
          {owner.old ? ` · ${_('from the old laptop')}` : ''}
        </span>
        <span>
          {_n('{n} thing', '{n} things', snapshot.entries)} · {size(words, snapshot.bytes)}
        </span>
      </span>
    </a>
  );
}

function byMonth(words: Words, days: readonly ShownSnapshot[]) {
  const months = new Map<string, ShownSnapshot[]>();
  for (const day of days) {
    const month = words.month(day.created);
    months.set(month, [...(months.get(month) ?? []), day]);
  }
  return [...months];
}
