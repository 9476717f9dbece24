/** Days on which nothing was tuned (seeds 1 to 40 were used for that, see `xs/traffic/admit.ts`). */
import { suite } from 'uvu';
import { soak } from '../soak.ts';
import { assertWithinLimits } from './limits.ts';

const test = suite('a thousand laptops in ten minutes, day after day');

const FIRST = 101;
const DAYS = soak(32, 8);
const LIARS = 200;

for (let seed = FIRST; seed < FIRST + DAYS; seed += 1) {
  test(`the limits hold on the day of seed ${seed}`, () => assertWithinLimits(seed));
}

for (let seed = 1; seed <= soak(8, 1); seed += 1) {
  test(`… and beside ${LIARS} liars, on the day of seed ${seed}`, () => {
    assertWithinLimits(seed, LIARS);
  });
}

test.run();
