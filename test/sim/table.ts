/** The tables of simulations: methods beside each other, as FACTS has it, and days beside the limits. */
import { type Figures, LIMITED, LIMITS } from './limits.ts';
import { type Day, idealSeconds } from './school-day.ts';
import { bestPossible, type Outcome } from './simulate.ts';

const HEAD = ['laptops', 'method', 'at once', 'requests each (most)', 'peak/min'];
const TIMES = ['p95 wait', 'all done', 'ideal'];

/** Times in minutes. */
export function formatTable(results: readonly [Day, readonly Outcome[]][]): string {
  const rows = [[...HEAD, ...TIMES]];
  for (const [day, outcomes] of results) {
    const ideal = minutes(idealSeconds(day));
    for (const [index, o] of outcomes.entries()) {
      const each = `${o.requestsPerLaptop.toFixed(1)} (${o.mostRequests})`;
      const done = o.done < o.staying ? `${o.done} of ${o.staying}` : minutes(o.allDone);
      const what = [index === 0 ? day.name : '', o.method, String(o.atOnce), each];
      rows.push([...what, String(o.peakPerMinute), minutes(o.p95Wait), done, ideal]);
    }
    if (Number.isFinite(day.knee)) continue; // the best is not known where disks get slower
    const best = bestPossible(day);
    const times = [minutes(best.p95Wait), minutes(best.allDone), ideal];
    rows.push(['', 'best possible', String(day.slots), '', '', ...times]);
  }
  return align(rows);
}

/** How the limited figures of many days lie, and which days broke which limit. */
export function formatLimits(days: readonly Figures[]): string {
  const rows = [[`${days.length} days`, 'mean', 'worst of 20', 'worst', 'limit', 'days beyond']];
  for (const what of [...LIMITED, 'mostArrivals'] as const) {
    const values = days.map((day) => day[what]).sort((a, b) => a - b);
    const mean = values.reduce((sum, one) => sum + one, 0) / days.length;
    const at = (share: number) => values[Math.floor(share * (values.length - 1))] ?? 0;
    const shown = [mean, at(0.95), at(1)].map((value) => value.toFixed(value < 10 ? 2 : 0));
    const limit = what === 'mostArrivals' ? undefined : LIMITS[what];
    const beyond = limit === undefined ? [] : days.filter((day) => day[what] > limit);
    const seeds = beyond.map(({ seed }) => seed).join(', ');
    rows.push([what, ...shown, String(limit ?? ''), seeds]);
  }
  return align(rows);
}

function align(rows: readonly string[][]): string {
  const [head = [], ...rest] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rest.map(line)].join('\n');
}

function minutes(seconds: number): string {
  const value = seconds / 60;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
