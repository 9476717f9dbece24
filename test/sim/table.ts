/** The table of a simulation, as FACTS has it. Times in minutes. */
import { type Day, idealSeconds } from './school-day.ts';
import { bestPossible, type Outcome } from './simulate.ts';

const HEAD = ['laptops', 'method', 'at once', 'requests each (most)', 'peak/min'];
const TIMES = ['p95 wait', 'all done', 'ideal'];

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
  const widths = HEAD.concat(TIMES).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...rest] = rows;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rest.map(line)].join('\n');
}

function minutes(seconds: number): string {
  const value = seconds / 60;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
