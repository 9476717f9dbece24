/**
 * How full the disk was over the last year, with the forecast as a broken line: a picture that needs no
 * colours, and the table behind it.
 */
import type { VNode } from 'preact';
import { DAY_MS } from '../../../../shared/clock.ts';
import { size, type Words } from '../../../../shared/words/words.ts';
import type { SchoolDay } from '../../../retention/day-log.ts';
import { TableBehind } from '../shown/table-behind.tsx';

const WIDTH = 600;
const HEIGHT = 200;
/** For the labels below and above. */
const EDGE = 22;
const YEAR_DAYS = 365;
/** How far ahead the forecast is drawn, in days. */
const AHEAD_DAYS = 90;

export interface DiskCurveProps {
  words: Words;
  /** Oldest first. */
  days: readonly SchoolDay[];
  /** When the disk is full (`YYYY-MM-DD`); null for not soon. */
  fullOn: string | null;
}

export function DiskCurve({ words, days, fullOn }: DiskCurveProps): VNode | null {
  const { _ } = words;
  const newest = days.at(-1);
  if (!newest) return null;
  const last = timeOf(newest.date);
  const shown = days.filter(({ date }) => last - timeOf(date) <= YEAR_DAYS * DAY_MS);
  const first = Math.min(timeOf(shown[0]?.date ?? newest.date), last - 30 * DAY_MS);
  const capacity = Math.max(1, newest.usedBytes + newest.freeBytes);
  const end = last + AHEAD_DAYS * DAY_MS;
  const x = (time: number) => Math.round(((time - first) / (end - first)) * WIDTH);
  const y = (bytes: number) => {
    const share = Math.min(1, bytes / capacity);
    return Math.round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE));
  };
  const points = shown.map(({ date, usedBytes }) => [x(timeOf(date)), y(usedBytes)] as const);
  const line = points.map(([px, py], n) => `${n === 0 ? 'M' : 'L'}${px} ${py}`).join('');
  const [x0 = 0] = points[0] ?? [];
  const [xn = 0, yn = 0] = points.at(-1) ?? [];
  return (
    <section class="card">
      <h2>{_('The disk over the last year')}</h2>
      <svg
        xmlns="http://www.w3.org/2000/svg"
        class="disk-bar"
        role="img"
        direction="ltr"
        aria-label={forecastLine(words, fullOn)}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={WIDTH}
        height={HEIGHT}
      >
        <rect width={WIDTH} height={HEIGHT} fill="#ffffff" />
        <path d={`${line}L${xn} ${HEIGHT - EDGE}L${x0} ${HEIGHT - EDGE}Z`} fill="#d0d0d0" />
        <path d={`M0 ${y(capacity)}h${WIDTH}`} stroke="#1a1a1a" stroke-width="2" />
        <path d={`M0 ${HEIGHT - EDGE}h${WIDTH}`} stroke="#1a1a1a" />
        <path d={line} fill="none" stroke="#1a1a1a" stroke-width="3" />
        {fullOn === null ? null : (
          <path
            d={forecastPath([xn, yn], [x(timeOf(fullOn)), y(capacity)])}
            fill="none"
            stroke="#1a1a1a"
            stroke-width="3"
            stroke-dasharray="3 7"
          />
        )}
        <path d={`M${xn} ${EDGE}V${HEIGHT - EDGE}`} stroke="#595959" stroke-dasharray="1 4" />
        <Labels words={words} today={xn} {...{ capacity, first, last }} />
      </svg>
      <p>{forecastLine(words, fullOn)}</p>
      <MonthTable words={words} days={shown} />
    </section>
  );
}

/** Two names of months need so much, in the longest language. */
const LABELS = 280;

interface LabelsProps {
  words: Words;
  /** Where today stands. */
  today: number;
  /** Bytes. */
  capacity: number;
  first: number;
  last: number;
}

/** The capacity above; below the first month, where it has room, and today's. */
function Labels({ words, today, capacity, first, last }: LabelsProps): VNode {
  return (
    <>
      <text x="2" y={EDGE - 7} font-size="13" fill="#1a1a1a">
        {size(words, capacity)}
      </text>
      {today < LABELS ? null : (
        <text x="2" y={HEIGHT - 6} font-size="13" fill="#1a1a1a">
          {words.month(first / 1000)}
        </text>
      )}
      <text x={today} y={HEIGHT - 6} font-size="13" fill="#1a1a1a" text-anchor="end">
        {words.month(last / 1000)}
      </text>
    </>
  );
}

/** From today towards the day on which it is full, as far as the picture goes. */
function forecastPath([x0, y0]: [number, number], [x1, y1]: [number, number]): string {
  const far = Math.max(x0 + 1, x1);
  const share = Math.min(1, (WIDTH - x0) / (far - x0));
  return `M${x0} ${y0}L${Math.round(x0 + (far - x0) * share)} ${Math.round(y0 + (y1 - y0) * share)}`;
}

function forecastLine(words: Words, fullOn: string | null): string {
  const { _ } = words;
  if (fullOn === null) return _('At the present growth the disk is not full for years.');
  const date = words.date(timeOf(fullOn) / 1000);
  return _('At the present growth the disk is full about {date}.', { date });
}

/** The last day on record of each month, the newest first. */
function MonthTable({ words, days }: { words: Words; days: readonly SchoolDay[] }) {
  const { _ } = words;
  const byMonth = new Map(days.map((day) => [day.date.slice(0, 7), day]));
  const rows = [...byMonth.values()].reverse().map(({ date, usedBytes, freeBytes }) => ({
    key: date,
    cells: [words.date(timeOf(date) / 1000), size(words, usedBytes), size(words, freeBytes)],
  }));
  return <TableBehind words={words} heads={[_('Day'), _('Used'), _('Free')]} rows={rows} />;
}

const timeOf = (date: string): number => new Date(`${date}T12:00:00`).getTime();
