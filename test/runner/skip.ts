/**
 * Tests that cannot run on every machine: what is left out is counted as skipped, and says why.
 */
import type { suite } from 'uvu';

type Test = ReturnType<typeof suite>;

/** `test` where the condition holds; otherwise each test is skipped, and the reason printed once. */
export function testIf(holds: boolean, test: Test, reason: string): Test | Test['skip'] {
  if (holds) return test;
  process.stdout.write(`skip: ${reason}\n`);
  return test.skip;
}
