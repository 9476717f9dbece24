/**
 * `npm run sim`: simulated school days with each method beside the others.
 *
 *     npm run sim -- [--seed N] [--laptops N --within SECONDS [--slots N]] [--svg FILE]
 *
 * The plot shows the last of the days.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { METHODS } from './methods.ts';
import { plotDay } from './plot.ts';
import { DAYS, type Day, USUAL } from './school-day.ts';
import { type Outcome, simulate } from './simulate.ts';
import { formatTable } from './table.ts';

const text = { type: 'string' } as const;
const options = { seed: text, laptops: text, within: text, slots: text, svg: text };
const { values } = parseArgs({ options });

const results = chosenDays().map((day): [Day, Outcome[]] => [
  day,
  METHODS.map((make) => simulate(day, make)),
]);
process.stdout.write(`${formatTable(results)}\n`);
const last = results.at(-1);
if (values.svg && last) {
  const [day, outcomes] = last;
  writeFileSync(values.svg, plotDay(day, outcomes));
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
