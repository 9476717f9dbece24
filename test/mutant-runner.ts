/**
 * Stryker's way to the tests of one file (`mutants.ts`): one process loads their bundle anew for each
 * mutant and runs it, which takes as long as the tests themselves. Stryker ends the process when a mutant
 * goes round in circles, and starts another one.
 */
import { accessSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

type Suite = () => Promise<[errors: string | true, passed: number, skipped: number, all: number]>;
const shared = globalThis as typeof globalThis & {
  UVU_DEFER: number;
  UVU_QUEUE: [null, ...Suite[]][];
  __stryker__?: { activeMutant?: string };
};
// As uvu's own command does: files only register their tests.
shared.UVU_DEFER = 1;

class UvuRunner {
  #count = 0;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    const failure = await this.#run();
    if (failure !== undefined) return { status: 'error', errorMessage: failure };
    const test = { id: 'all', name: 'all', status: 0, timeSpentMs: 1 };
    return { status: 'complete', tests: [test] };
  }

  async mutantRun({ activeMutant }: { activeMutant: { id: string } }) {
    const failureMessage = await this.#run(activeMutant.id);
    if (failureMessage === undefined) return { status: 'survived', nrOfTests: 1 };
    return { status: 'killed', failureMessage, killedBy: ['all'], nrOfTests: 1 };
  }

  /** What failed first; undefined if nothing did. */
  async #run(mutant?: string): Promise<string | undefined> {
    shared.__stryker__ = { ...(mutant !== undefined && { activeMutant: mutant }) };
    const bundle = resolve('tests.mjs'); // of `mutant-bundle.ts`
    const { write } = process.stdout;
    process.stdout.write = () => true;
    try {
      this.#count += 1;
      shared.UVU_QUEUE = [[null]];
      await import(`${pathToFileURL(bundle).href}?${this.#count}`);
      const [, ...suites] = shared.UVU_QUEUE[0] ?? [null];
      for (const suite of suites) {
        const [errors] = await suite();
        if (errors !== true) return errors;
      }
      return undefined;
    } catch (error) {
      // A bundle that is gone would look like a test that fails.
      accessSync(bundle);
      return String(error);
    } finally {
      process.stdout.write = write;
    }
  }
}

export const strykerPlugins = [
  { kind: 'TestRunner', name: 'uvu', injectableClass: UvuRunner } as const,
];
