/**
 * `npm run mutants [-- PART OF A FILE NAME…]`: changes one token after the other in the pure files
 * and runs the fast tests of the file. A change that no test notices is printed, unless it is listed in
 * `equivalent-mutants.ts` as making no difference: a test is missing then. Ends with 1 if there is one.
 *
 * Stryker makes the changes, all at once and each switched on by a variable. Files with the same tests are
 * one run: the tests are bundled once, and `mutant-runner.ts` runs them for each mutant.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { EQUIVALENT, EQUIVALENT_EVERYWHERE } from './equivalent-mutants.ts';
import { pureFiles } from './pure-files.ts';
import { root } from './tree.ts';

/** Mutants at work at the same time; the machine has two processors. */
const AT_ONCE = 2;
const SANDBOX = '.mutants';

type Options = ConstructorParameters<typeof Stryker>[0];
type Results = Awaited<ReturnType<Stryker['runMutationTest']>>;

/** Where it is, and what became of what: `a < b → a <= b`. */
interface Mutant {
  line: number;
  change: string;
}

interface Figures {
  killed: number;
  /** Of those: ended since they took too long, which on a busy machine may be no loop. */
  timeouts: number;
  lived: Mutant[];
}

async function main(parts: readonly string[]): Promise<void> {
  const wanted = pureFiles().filter(
    ([file]) => parts.length === 0 || parts.some((part) => file.includes(part)),
  );
  const sum = { killed: 0, all: 0, equivalent: 0 };
  // Files with the same tests are tried together: preparing takes longer than most files do.
  const groups = new Map<string, string[]>();
  for (const [file, tests] of wanted) {
    groups.set(tests.join(), [...(groups.get(tests.join()) ?? []), file]);
  }
  for (const [tests, files] of groups) {
    const results = await mutate(files, tests.split(','));
    for (const file of files) {
      const { killed, timeouts, lived } = figuresOf(file, results);
      const listed = Object.keys(EQUIVALENT[file] ?? {});
      const missed = lived.filter(
        ({ change }) => !listed.includes(change) && !(change in EQUIVALENT_EVERYWHERE),
      );
      const equivalent = lived.length - missed.length;
      sum.killed += killed;
      sum.all += killed + lived.length;
      sum.equivalent += equivalent;
      const slow = timeouts > 0 ? `, ${timeouts} of them by time` : '';
      console.log(`${file}: ${say(killed, killed + lived.length, equivalent)}${slow}`);
      for (const { line, change } of missed) console.log(`  ${line}: ${change}`);
      for (const change of listed) {
        if (!lived.some((one) => one.change === change))
          console.log(`  listed, but dies: ${change}`);
      }
    }
  }
  console.log(say(sum.killed, sum.all, sum.equivalent));
  if (sum.killed + sum.equivalent < sum.all) process.exitCode = 1;
}

function say(killed: number, all: number, equivalent: number): string {
  const percent = all === 0 ? 100 : (100 * killed) / all;
  return `${killed} of ${all} die (${percent.toFixed(1)} %), ${equivalent} equivalent (listed)`;
}

async function mutate(files: readonly string[], tests: readonly string[]): Promise<Results> {
  const bundle = fileURLToPath(import.meta.resolve('./mutant-bundle.ts'));
  return await new Stryker({
    mutate: [...files],
    testRunner: 'uvu',
    plugins: [import.meta.resolve('./mutant-runner.ts')],
    testRunnerNodeArgs: ['--import', 'tsx'],
    // What is loaded anew for each mutant is never freed.
    maxTestRunnerReuse: 200,
    buildCommand: ['node', '--import', 'tsx', bundle, ...tests].join(' '),
    // A wrong code is found by the type check, and a wrong word by whoever reads it.
    mutator: { excludedMutations: ['StringLiteral'] },
    coverageAnalysis: 'off',
    concurrency: AT_ONCE,
    reporters: [],
    tempDirName: SANDBOX,
    // It would rewrite that file with an API that TypeScript 7 does not have; esbuild needs none.
    tsconfigFile: 'none',
    cleanTempDir: 'always',
    ignorePatterns: ['dist', '.screenshots', '**/*.po'],
    // An endless loop is ended after this many times what the tests need, and as long again.
    timeoutFactor: 4,
    timeoutMS: 10_000,
    logLevel: 'error' as NonNullable<Options['logLevel']>,
    allowConsoleColors: false,
  }).runMutationTest();
}

function figuresOf(file: string, all: Results): Figures {
  const results = all.filter(({ fileName }) => fileName === join(root, file));
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const lived = results
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ location, replacement }) => {
      const { start, end } = location;
      const line = lines[start.line - 1] ?? '';
      const was =
        end.line === start.line ? line.slice(start.column - 1, end.column - 1) : `${line.trim()} …`;
      const change = `${was} → ${(replacement ?? '').split('\n', 1)[0]}`;
      return { line: start.line, change };
    });
  const killed = results.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  const timeouts = killed.filter(({ status }) => status === 'Timeout').length;
  return { killed: killed.length, timeouts, lived };
}

await main(process.argv.slice(2));
