/**
 * The school's calendar: how many laptops came on each day, and on which some failed. A picture for each
 * month, told apart by height and shape, with the table behind it; and one day with names.
 */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import type { Page } from '../../frame/frame.tsx';
import { Pager } from '../../frame/pager.tsx';
import { type Paged, withQuery } from '../../frame/paging.ts';
import { laptopPath } from '../../frame/paths.ts';
import { DAYS_PATH, TeacherFrame } from '../../frame/teacher-frame.tsx';
import type { KnownLaptop } from '../shown/laptop-card.ts';
import { TableBehind } from '../shown/table-behind.tsx';
import { type DayMonth, noonOf, shareOf } from './days-view.ts';

/** Months on a page. */
export const MONTHS_EACH = 6;

export interface DaysProps {
  page: Page;
  found: Paged<DayMonth>;
  /** Whether days are noted at present: those of a clock in doubt are not. */
  trusted: boolean;
}

export function DaysPage({ page, found, trusted }: DaysProps): VNode {
  const { words } = page;
  const { _ } = words;
  return (
    <TeacherFrame page={page} title={_('Who came')} place="status">
      {found.total === 0 ? (
        <p>
          {trusted
            ? _('Nothing is noted yet. Each day on which the server runs is noted from now on.')
            : _('Nothing is noted while the clock of this server is not trusted.')}
        </p>
      ) : (
        <Legend words={words} />
      )}
      <div class="months">
        {found.shown.map((month) => (
          <Month key={month.month} words={words} month={month} />
        ))}
      </div>
      <Pager
        words={words}
        paged={found}
        href={(n) => withQuery(DAYS_PATH, { page: n })}
        before={_('Newer')}
        after={_('Older')}
      />
    </TeacherFrame>
  );
}

const CELL = 44;

function Legend({ words: { _ } }: { words: Words }) {
  return (
    <ul class="legend">
      <li>
        <svg width={CELL} height={CELL} aria-hidden="true">
          <Cell x={0} y={0} share={0.6} failed={false} />
        </svg>{' '}
        {_('The fuller, the more laptops were safe on that day')}
      </li>
      <li>
        <svg width={CELL} height={CELL} aria-hidden="true">
          <Cell x={0} y={0} share={0.3} failed />
        </svg>{' '}
        {_('Some tried in vain')}
      </li>
    </ul>
  );
}

function Month({ words, month }: { words: Words; month: DayMonth }) {
  const { _ } = words;
  const name = words.month(month.month);
  const height = CELL * (month.weeks.length + 1);
  const columnOf = (weekday: number) => (words.rightToLeft ? 6 - weekday : weekday) * CELL;
  return (
    <section class="school-month">
      <h2>{name}</h2>
      <svg
        xmlns="http://www.w3.org/2000/svg"
        role="img"
        aria-label={_('Who came: {month}', { month: name })}
        viewBox={`0 0 ${CELL * 7} ${height}`}
        width={CELL * 7}
        height={height}
      >
        {words.weekdays().map((weekday, n) => (
          <text key={weekday} x={columnOf(n) + CELL / 2} y={CELL * 0.65} {...MIDDLE} font-size="11">
            {weekday}
          </text>
        ))}
        {month.weeks.map((week, row) =>
          week.map((one, n) => {
            if (one === null) return null;
            const [x, y] = [columnOf(n), CELL * (row + 1)];
            return (
              <g key={one.day}>
                {one.line ? (
                  <Cell x={x} y={y} share={shareOf(one.line)} failed={one.line.failed > 0} />
                ) : null}
                <text x={x + CELL / 2} y={y + 13} {...MIDDLE} font-size="12">
                  {words.number(one.day)}
                </text>
              </g>
            );
          }),
        )}
      </svg>
      <MonthTable words={words} month={month} />
    </section>
  );
}

const MIDDLE = { 'text-anchor': 'middle', fill: '#1a1a1a' } as const;

/** A glass that is filled from below; a day with failures has a cross. */
function Cell({ x, y, share, failed }: { x: number; y: number; share: number; failed: boolean }) {
  const height = Math.round(share * 24);
  return (
    <>
      <rect x={x + 4} y={y + 16} width="36" height="26" fill="#ffffff" stroke="#1a1a1a" />
      <rect x={x + 5} y={y + 41 - height} width="34" height={height} fill="#707070" />
      {failed ? (
        <path
          d={`M${x + 14} ${y + 21}l16 16M${x + 30} ${y + 21}l-16 16`}
          stroke="#ffffff"
          stroke-width="6"
        />
      ) : null}
      {failed ? (
        <path
          d={`M${x + 14} ${y + 21}l16 16M${x + 30} ${y + 21}l-16 16`}
          stroke="#1a1a1a"
          stroke-width="3"
        />
      ) : null}
    </>
  );
}

function MonthTable({ words, month: { lines } }: { words: Words; month: DayMonth }) {
  const { _, number } = words;
  const rows = lines.map(({ date, came, failed, laptops }) => ({
    key: date,
    cells: [
      <a key={date} href={`${DAYS_PATH}/${date}`}>
        {words.date(noonOf(date))}
      </a>,
      _('{n} of {all}', { n: number(came), all: number(laptops) }),
      number(failed),
    ],
  }));
  return <TableBehind words={words} heads={[_('Day'), _('Came'), _('Failed')]} rows={rows} />;
}

export interface DayProps {
  page: Page;
  /** `YYYY-MM-DD` */
  date: string;
  came: readonly KnownLaptop[];
  failed: readonly KnownLaptop[];
}

export function DayPage({ page, date, came, failed }: DayProps): VNode {
  const { _ } = page.words;
  const name = page.words.date(noonOf(date));
  const trail = [{ name: _('Who came'), href: DAYS_PATH }, { name }];
  return (
    <TeacherFrame page={page} title={name} place="status" trail={trail}>
      <Names title={_('Tried in vain')} laptops={failed} none={_('None.')} />
      <Names title={_('Came')} laptops={came} none={_('None.')} />
    </TeacherFrame>
  );
}

interface NamesProps {
  title: string;
  laptops: readonly KnownLaptop[];
  none: string;
}

function Names({ title, laptops, none }: NamesProps) {
  return (
    <section>
      <h2>{title}</h2>
      {laptops.length === 0 ? <p>{none}</p> : null}
      <ul class="names">
        {laptops.map(({ serial, nick }) => (
          <li key={serial}>
            <a href={laptopPath(serial)}>
              <bdi>{nick || serial}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
