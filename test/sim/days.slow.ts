/** Days on which nothing was tuned (seeds 1 to 40 were used for that, see `xs/traffic/admit.ts`). */
import { suite } from 'uvu';
import { soak } from '../soak.ts';
import { assertWithinLimits } from './limits.ts';

const test = suite('a thousand laptops in ten minutes, day after day');

const FIRST = 101;
const DAYS = soak(32, 8);

for (let seed = FIRST; seed < FIRST + DAYS; seed += 1) {
  test(`the limits hold on the day of seed ${seed}`, () => assertWithinLimits(seed));
}

test.run();
