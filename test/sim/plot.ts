/** A small plot as SVG text: how many laptops are done, over time, a line for each method. */
import { type Day, idealSeconds } from './school-day.ts';
import type { Outcome } from './simulate.ts';

const WIDTH = 640;
const HEIGHT = 320;
const MARGIN = { left: 48, right: 12, top: 28, bottom: 34 };
const COLOURS = ['#b5482f', '#8a8a8a', '#1f6f8b', '#4b8b3b'];
/** No more points than can be seen. */
const MOST_POINTS = 200;

export function plotCompletions(day: Day, outcomes: readonly Outcome[]): string {
  const end = Math.max(idealSeconds(day), ...outcomes.map(({ allDone }) => allDone), 1);
  const x = (seconds: number) =>
    MARGIN.left + (seconds / end) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (count: number) =>
    HEIGHT - MARGIN.bottom - (count / day.laptops) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const lines = outcomes.map((outcome, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const points = pointsOf(outcome).map(([time, n]) => `${x(time).toFixed(1)},${y(n).toFixed(1)}`);
    const label = `<text x="${MARGIN.left + 8}" y="${MARGIN.top + 14 + 16 * index}" fill="${colour}">${outcome.method}</text>`;
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>${label}`;
  });
  const minutes = Math.round(end / 60);
  const [bottom, right] = [HEIGHT - MARGIN.bottom, WIDTH - MARGIN.right];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${MARGIN.left}" y="16">${day.name}, ${day.slots} slots: laptops done over time</text>
<path fill="none" stroke="#333" d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}"/>
<text x="4" y="${MARGIN.top + 8}">${day.laptops}</text><text x="4" y="${bottom}">0</text>
<text x="${right}" y="${HEIGHT - 10}" text-anchor="end">${minutes} min</text>
${lines.join('\n')}
</svg>
`;
}

function pointsOf({ completions }: Outcome): [time: number, count: number][] {
  const step = Math.max(1, Math.ceil(completions.length / MOST_POINTS));
  const points: [number, number][] = [[0, 0]];
  for (const [index, time] of completions.entries()) {
    if ((index + 1) % step === 0 || index + 1 === completions.length)
      points.push([time, index + 1]);
  }
  return points;
}
