/**
 * `npm run sim`: simulated school days with each method beside the others.
 *
 *     npm run sim -- [--seed N] [--laptops N --within SECONDS [--slots N]] [--svg FILE]
 *     npm run sim -- --days N [--seed FIRST]    so many days, beside the limits of the issue "School"
 *
 * The plot shows the last of the days. Ends with 1 when a limit was broken.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isWithin, measureDay } from './limits.ts';
import { METHODS } from './methods.ts';
import { plotDay } from './plot.ts';
import { DAYS, type Day, USUAL } from './school-day.ts';
import { type Outcome, simulate } from './simulate.ts';
import { formatLimits, formatTable } from './table.ts';

const text = { type: 'string' } as const;
const options = { seed: text, laptops: text, within: text, slots: text, svg: text, days: text };
const { values } = parseArgs({ options });

if (values.days) compareWithLimits(whole(values.days, 0), whole(values.seed, 101));
else compareMethods();

function compareMethods(): void {
  const results = chosenDays().map((day): [Day, Outcome[]] => [
    day,
    METHODS.map((make) => simulate(day, make)),
  ]);
  process.stdout.write(`${formatTable(results)}\n`);
  const last = results.at(-1);
  if (!values.svg || !last) return;
  const [day, outcomes] = last;
  writeFileSync(values.svg, plotDay(day, outcomes));
}

function compareWithLimits(days: number, first: number): void {
  const figures = Array.from({ length: days }, (_, n) => measureDay(first + n));
  process.stdout.write(`${formatLimits(figures)}\n`);
  process.exitCode = figures.every(isWithin) ? 0 : 1;
}

function chosenDays(): Day[] {
  const seed = whole(values.seed, USUAL.seed);
  if (!values.laptops) return DAYS.map((day) => ({ ...day, seed }));
  const laptops = whole(values.laptops, 1000);
  const within = whole(values.within, 600);
  const slots = whole(values.slots, USUAL.slots);
  const name = `${laptops} in ${within} s`;
  return [{ ...USUAL, name, laptops, arrival: { within }, slots, seed }];
}

function whole(given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new Error(`not a whole number: ${given}`);
  return Number(given);
}
