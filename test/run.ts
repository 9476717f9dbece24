/**
 * `npm test` and `npm run test:fast`: runs the checks and all test files, and ends with one line
 * `N passed, N failed` that a person and CI read alike.
 *
 *     node --import tsx test/run.ts all | fast | slow  [PART OF A FILE NAME…]
 *
 * `*.test.ts` are fast: several share a process. `*.slow.ts` have a process of their own, some at a
 * time. None has a time limit: what makes no progress is killed. CONTRIBUTING.md has the rules.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../bundle/build.ts';
import { describeForTerminal } from '../shared/errors.ts';
import { type ChildResult, runChild } from './runner/child.ts';
import { IdleMeter } from './runner/idle.ts';
import { readBatch } from './runner/mark.ts';
import { scaled } from './runner/patience.ts';
import type { Limits } from './runner/progress.ts';
import { runAll } from './runner/schedule.ts';
import { readDirectives, readTotals, type Totals } from './runner/totals.ts';
import { formatUnits, measureUnits, UNITS_VARIABLE } from './runner/units.ts';

const MODES = ['all', 'fast', 'slow'] as const;
type Mode = (typeof MODES)[number];

const root = fileURLToPath(new URL('..', import.meta.url));
/** For a machine of two cores: tests wait more than they compute (fast ones, measured: 2 → 15 s, 3 → 9 s). */
const FAST_AT_ONCE = 3;
/** With five at once, 40 % of such a machine was idle. */
const SLOW_AT_ONCE = { least: 6, most: 10, calm: 2, everyMs: 4000, idle: 0.25 };
/**
 * For the reference machine of runner/units.ts; about ten times what the quietest, and the longest, of our
 * tests needs.
 */
const LOOK_EVERY_MS = 10_000;
const STILL_MS = 600_000;
const SILENT_CPU_MS = 1_200_000;
/** A folder in memory that every Linux has, and `statfs`'s number for such a file system. */
const MEMORY = { folder: '/dev/shm', type: 0x01021994, bytes: 2 ** 30 };
const stop = new AbortController();
const sum: Totals = { passed: 0, failed: 0, skipped: 0 };
const units = await measureUnits();

async function main(mode: Mode, filters: readonly string[]): Promise<void> {
  const start = performance.now();
  if (mode === 'all') {
    await Promise.all([check('types', 'tsc', '--noEmit'), check('style', 'biome', 'check', '.')]);
    await check('unused code', 'knip', '--no-progress');
  }
  if (mode !== 'slow') await runFast(findTests('.test.ts', filters));
  if (mode !== 'fast') {
    const files = findTests('.slow.ts', filters);
    if (files.length > 0 && (await builds())) await runSlow(files);
  }
  if (sum.passed + sum.failed === 0) problem('no test ran', '');
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  print(`\nat the start: ${formatUnits(units)}`);
  print(`at the end:   ${formatUnits(await measureUnits())}`);
  print(`in ${seconds} s`);
  const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : '';
  print(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
  process.exitCode = sum.failed > 0 ? 1 : 0;
}

/** A tool of node_modules that has to be content with the whole tree. */
async function check(name: string, tool: string, ...args: string[]): Promise<void> {
  const command = join(root, 'node_modules/.bin', tool);
  const result = await runChild({ command, args, ...everyChild() });
  if (result.complaint === null) print(`ok    ${name}  ${seconds(result.ms)}`);
  else problem(`${name}: ${tool} ${args.join(' ')}: ${result.complaint}`, result.output);
}

async function builds(): Promise<boolean> {
  try {
    const start = performance.now();
    await build();
    print(`ok    build  ${seconds(performance.now() - start)}`);
    return true;
  } catch (error) {
    problem('build: the slow tests need dist/ and were not run', describeForTerminal(error));
    return false;
  }
}

/** A few processes, each with its share of the files; large and small ones are dealt out evenly. */
async function runFast(files: readonly string[]): Promise<void> {
  const bySize = [...files].sort((a, b) => statSync(b).size - statSync(a).size);
  const hands = Array.from({ length: FAST_AT_ONCE }, (_, hand) =>
    bySize.filter((_, index) => index % FAST_AT_ONCE === hand),
  );
  const folder = mkdtempSync(join(fastFolder(), 'ds-backup-fast-'));
  try {
    await Promise.all(hands.map((hand) => runBatch(hand, folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Hundreds of small libraries, each write of them waiting for the disk: memory, where it has room, is faster. */
function fastFolder(): string {
  try {
    const { type, bavail, bsize } = statfsSync(MEMORY.folder);
    if (type === MEMORY.type && bavail * bsize >= MEMORY.bytes) return MEMORY.folder;
  } catch {
    // there is none
  }
  return tmpdir();
}

/** When the process dies in the middle of a file, that file has failed and the rest goes on. */
async function runBatch(files: readonly string[], folder: string): Promise<void> {
  let rest = files;
  while (rest.length > 0) {
    const result = await runNode(['test/runner/batch.ts', folder, ...rest]);
    const parts = readBatch(result.output);
    for (const { file, output, end } of parts) {
      const died = result.complaint ?? 'the process ended before the tests did';
      const complaint = end ? (end.well ? null : 'failed') : died;
      reportFile({ file, output, complaint, ms: end?.ms ?? result.ms });
    }
    const last = parts.at(-1);
    if (!last) return problem('the fast tests did not start', result.output);
    // Whoever left a process behind is among those that have just run.
    if (last.end && result.complaint) problem(`fast tests: ${result.complaint}`, '');
    rest = rest.slice(parts.length);
  }
}

async function runSlow(files: readonly string[]): Promise<void> {
  const jobs = files.map((file) => ({ file, ...readDirectives(readFileSync(file, 'utf8')) }));
  const meter = new IdleMeter();
  await runAll(
    jobs,
    ({ file }) => runSlowFile(file),
    () => meter.look(),
    SLOW_AT_ONCE,
  );
}

async function runSlowFile(file: string): Promise<void> {
  reportFile({ file, ...(await runNode([file])) });
}

function runNode(args: readonly string[]): Promise<ChildResult> {
  const all = ['--import', 'tsx', ...args];
  return runChild({ command: process.execPath, args: all, ...everyChild() });
}

function everyChild() {
  const limits: Limits = {
    everyMs: LOOK_EVERY_MS,
    stillMs: scaled(STILL_MS, units),
    silentCpuMs: scaled(SILENT_CPU_MS, units),
  };
  const env = { [UNITS_VARIABLE]: JSON.stringify(units) };
  return { cwd: root, limits, env, signal: stop.signal };
}

function reportFile(result: ChildResult & { file: string }): void {
  const totals = readTotals(result.output);
  const name = relative(root, result.file);
  for (const line of result.output.split('\n')) if (line.startsWith('skip:')) print(line);
  sum.passed += totals?.passed ?? 0;
  sum.skipped += totals?.skipped ?? 0;
  const complaint = result.complaint ?? complaintAbout(totals, result.output);
  if (complaint === null) print(`ok    ${name}  ${totals?.passed}  ${seconds(result.ms)}`);
  else problem(`${name}: ${complaint}  ${seconds(result.ms)}`, result.output, totals?.failed);
}

/** What uvu itself is silent about. */
function complaintAbout(totals: Totals | null, output: string): string | null {
  if (!totals || totals.passed + totals.failed + totals.skipped === 0) {
    return 'ran no test; does it call .run()?';
  }
  if (totals.failed === 0) return null;
  if (output.includes(' FAIL ')) return 'failed';
  return 'tests were left out because a before or after hook threw (uvu does not tell what)';
}

function problem(what: string, output: string, failed = 0): void {
  sum.failed += Math.max(1, failed);
  print(`FAIL  ${what}`);
  if (output.trim()) print(output.trimEnd().replace(/^/gm, '      | '));
}

function findTests(ending: string, filters: readonly string[]): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .filter((name) => filters.length === 0 || filters.some((part) => name.includes(part)))
    .map((name) => join(root, 'test', name))
    .sort();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const [mode = 'all', ...filters] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // runChild kills its group and sweeps up before it comes back; then nothing more is started.
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}
if (MODES.some((known) => known === mode)) {
  try {
    await main(mode as Mode, filters);
  } catch (error) {
    process.stderr.write(`${stop.signal.aborted ? stop.signal.reason.message : String(error)}\n`);
    process.exitCode = stop.signal.aborted ? 130 : 1;
  }
} else {
  process.stderr.write(`usage: test/run.ts ${MODES.join(' | ')} [PART OF A FILE NAME…]\n`);
  process.exitCode = 2;
}
