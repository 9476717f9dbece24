/**
 * `npm run mutants [-- PART OF A FILE NAME…]`: changes one token after the other in the pure files
 * and runs the fast tests of the file. A change that no test notices is printed: either a test is
 * missing, or the change makes no difference.
 *
 * Stryker makes the changes, all at once and each switched on by an environment variable. It cannot
 * read the results of uvu, so each file is a run of its own with its own tests, bundled once: a
 * mutant then costs one start of Node.js, a tenth of a second.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { pureFiles } from './pure-files.ts';
import { root } from './tree.ts';

/** Mutants at work at the same time; the machine has two processors. */
const AT_ONCE = 2;
const SANDBOX = '.mutants';

type Options = ConstructorParameters<typeof Stryker>[0];

interface Figures {
  killed: number;
  lived: string[];
}

async function main(parts: readonly string[]): Promise<void> {
  const wanted = pureFiles().filter(
    ([file]) => parts.length === 0 || parts.some((part) => file.includes(part)),
  );
  const sum = { killed: 0, all: 0 };
  for (const [file, tests] of wanted) {
    const { killed, lived } = await mutate(file, tests);
    sum.killed += killed;
    sum.all += killed + lived.length;
    console.log(`${file}: ${killed} of ${killed + lived.length} killed`);
    for (const mutant of lived) console.log(`  ${mutant}`);
  }
  const percent = sum.all === 0 ? 100 : (100 * sum.killed) / sum.all;
  console.log(`${sum.killed} of ${sum.all} killed, ${percent.toFixed(1)} %`);
}

async function mutate(file: string, tests: readonly string[]): Promise<Figures> {
  const names = tests.map((test) => `${basename(test, '.ts')}.mjs`);
  const build = [
    'esbuild',
    ...tests,
    '--bundle --platform=node --format=esm --target=node20 --packages=external --log-level=error',
    '--jsx=automatic --jsx-import-source=preact --out-extension:.js=.mjs --outdir=. --entry-names=[name]',
  ];
  const results = await new Stryker({
    mutate: [file],
    testRunner: 'command',
    buildCommand: build.join(' '),
    commandRunner: { command: names.map((name) => `node ${name}`).join(' && ') },
    // A wrong code is found by the type check, and a wrong word by whoever reads it.
    mutator: { excludedMutations: ['StringLiteral'] },
    coverageAnalysis: 'off',
    concurrency: AT_ONCE,
    reporters: [],
    plugins: [],
    tempDirName: SANDBOX,
    // It would rewrite that file with an API that TypeScript 7 does not have; esbuild needs none.
    tsconfigFile: 'none',
    cleanTempDir: 'always',
    ignorePatterns: ['dist', '.screenshots', '**/*.po'],
    // An endless loop is ended after this many times what the tests need, and as long again.
    timeoutFactor: 10,
    timeoutMS: 10_000,
    logLevel: 'error' as NonNullable<Options['logLevel']>,
    allowConsoleColors: false,
  }).runMutationTest();
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const lived = results
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ location, replacement }) => {
      const { start, end } = location;
      const line = lines[start.line - 1] ?? '';
      const was = line.slice(
        start.column - 1,
        end.line === start.line ? end.column - 1 : undefined,
      );
      return `${start.line}: ${was} → ${(replacement ?? '').split('\n', 1)[0]}`;
    });
  const killed = results.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  return { killed: killed.length, lived };
}

await main(process.argv.slice(2));
