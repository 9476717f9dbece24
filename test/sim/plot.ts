/**
 * A plot as SVG text: above, how many laptops are done over time; below, how many requests the server
 * gets in each minute; a line for each method. It reads in greyscale too: lines differ in their dashes.
 */
import { type Day, idealSeconds } from './school-day.ts';
import type { Outcome } from './simulate.ts';

const WIDTH = 800;
const HEIGHT = 560;
const LEFT = 64;
const RIGHT = 24;
const PANELS = { done: { top: 84, bottom: 330 }, requests: { top: 384, bottom: 500 } } as const;
const COLORS = ['#b5482f', '#6f6f6f', '#12607c', '#4b8b3b'];
const DASHES = ['9 4', '2 3', 'none', '12 3 2 3'];
/** No more points than can be seen. */
const MOST_POINTS = 300;
const MOST_TICKS = 8;
/** Where one method takes very much longer than the ideal, its line leaves the plot. */
const LONGEST = 2.5;

type Point = readonly [seconds: number, value: number];
interface Panel {
  title: string;
  top: number;
  bottom: number;
  most: number;
  lines: readonly (readonly Point[])[];
}

export function plotDay(day: Day, outcomes: readonly Outcome[]): string {
  const ideal = idealSeconds(day);
  const last = Math.max(ideal, ...outcomes.map(({ allDone }) => allDone));
  const end = Math.max(1, Math.min(last, LONGEST * ideal));
  const done: Panel = {
    ...{ title: 'laptops done', ...PANELS.done },
    most: day.laptops,
    lines: outcomes.map((outcome) => completionsOf(outcome).filter(([time]) => time <= end)),
  };
  const minutes = outcomes.map(({ perMinute }) =>
    perMinute.slice(0, Math.ceil(end / 60)).map((count, minute): Point => [minute * 60, count]),
  );
  const requests: Panel = {
    ...{ title: 'requests a minute', ...PANELS.requests },
    most: Math.max(1, ...minutes.flat().map(([, count]) => count)),
    lines: minutes,
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="24" font-size="16">${day.name}, ${day.slots} slots</text>
${legend(outcomes)}
${panel(done, end)}
${idealLine(ideal, end)}
${panel(requests, end)}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 16}" text-anchor="middle">minutes since the first laptop may come</text>
</svg>
`;
}

function legend(outcomes: readonly Outcome[]): string {
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, outcomes.length);
  return outcomes
    .map((outcome, index) => {
      const x = Math.round(LEFT + index * step);
      return `<path d="M${x} 50h26" ${stroke(index)}/><text x="${x + 32}" y="54">${outcome.method}: ${describe(outcome)}</text>`;
    })
    .join('');
}

function describe({ done, staying, allDone }: Outcome): string {
  return done < staying ? `${done} of ${staying}` : `all in ${Math.round(allDone / 60)} min`;
}

function stroke(index: number): string {
  const [color, dash] = [COLORS, DASHES].map((list) => list[index % list.length]);
  return `fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"`;
}

function panel({ title, top, bottom, most, lines }: Panel, end: number): string {
  const y = (value: number) => (bottom - (value / most) * (bottom - top)).toFixed(1);
  const rows = ticks(most).map(
    (value) =>
      `<path stroke="#ddd" d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${y(value)}" dy="4" text-anchor="end">${value}</text>`,
  );
  const columns = ticks(end / 60).map(
    (minute) =>
      `<path stroke="#333" d="M${atX(minute * 60, end)} ${bottom}v5"/><text x="${atX(minute * 60, end)}" y="${bottom + 19}" text-anchor="middle">${minute}</text>`,
  );
  const drawn = lines.map((points, index) => {
    const path = points.map(([time, value]) => `${atX(time, end)},${y(value)}`).join(' ');
    return `<polyline ${stroke(index)} points="${path}"/>`;
  });
  return `<text x="${LEFT}" y="${top - 10}">${title}</text>
${rows.join('')}
<path fill="none" stroke="#333" d="M${LEFT} ${top}V${bottom}H${WIDTH - RIGHT}"/>
${columns.join('')}
${drawn.join('\n')}`;
}

/** The time in which no slot would ever be empty. */
function idealLine(seconds: number, end: number): string {
  const x = atX(seconds, end);
  const { top, bottom } = PANELS.done;
  return `<path stroke="#333" stroke-dasharray="1 4" d="M${x} ${top}V${bottom}"/><text x="${x}" y="${top - 10}" text-anchor="middle">ideal</text>`;
}

function atX(seconds: number, end: number): string {
  return (LEFT + (seconds / end) * (WIDTH - LEFT - RIGHT)).toFixed(1);
}

/** Round values from 0 up to `most`: 1, 2 or 5 times a power of ten apart. */
function ticks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / MOST_TICKS));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => most / n <= MOST_TICKS) ?? most;
  const whole = Math.max(1, step);
  return Array.from({ length: Math.floor(most / whole) + 1 }, (_, n) => n * whole);
}

function completionsOf({ completions }: Outcome): Point[] {
  const step = Math.max(1, Math.ceil(completions.length / MOST_POINTS));
  const points: Point[] = [[0, 0]];
  for (const [index, time] of completions.entries()) {
    if ((index + 1) % step === 0 || index + 1 === completions.length)
      points.push([time, index + 1]);
  }
  return points;
}
