/**
 * `npm run bench:growth`: how the cost of an act grows with the Journal, as processor time and memory of
 * the laptop's program. The exponent is of the last two sizes: 1 grows as the Journal does, above that
 * something does more than its work.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { distFolder } from '../../../bundle/build.ts';
import { describeForTerminal } from '../../../shared/errors.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { startSchool } from '../../school/school.ts';
import { median } from '../report.ts';
import { runTimed, type TimedRun } from './timed-phases.ts';

const HELP = `npm run bench:growth -- [options]

  --entries LIST  sizes of Journals (default 200,2000,10000)
  --rounds N      how often nothing changes, and 20 entries do (default 5); medians count
`;
/** So many entries change, whatever the size of the Journal. */
const CHANGED = 20;
/** File times tell nothing about what changed within this, in milliseconds. */
const FRESH_MS = 2500;
const ACTS = ['first', 'nothing changed', `${CHANGED} changed`] as const;
type Act = (typeof ACTS)[number];

async function measure(entries: number, rounds: number, times: string) {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries, seed: 1 });
  const found = new Map<Act, TimedRun[]>();
  const run = async (act: Act) => {
    await sleep(FRESH_MS);
    const program = [process.execPath, join(distFolder, 'ds-backup.mjs'), 'now', '--direct'];
    const done = await runTimed([...program, ...laptop.where()], laptop.env, times);
    found.set(act, [...(found.get(act) ?? []), done]);
    const { cpu, wall } = done;
    process.stderr.write(`  ${entries}, ${act}: ${cpu.toFixed(2)} s CPU, ${wall.toFixed(2)} s\n`);
  };
  await run('first');
  for (let round = 0; round < rounds; round += 1) await run('nothing changed');
  for (let round = 0; round < rounds; round += 1) {
    changeJournal(laptop.journal, { count: CHANGED, seed: round + 2 });
    await run(`${CHANGED} changed`);
  }
  return found;
}

/** With what power of the size it grew, from the last but one size to the last. */
function exponent(sizes: readonly number[], values: readonly number[]): string {
  const [n0 = 0, n1 = 0] = sizes.slice(-2);
  const [v0 = 0, v1 = 0] = values.slice(-2);
  return sizes.length < 2 ? '–' : (Math.log(v1 / v0) / Math.log(n1 / n0)).toFixed(2);
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { entries: text, rounds: text, help: { type: 'boolean' } },
  });
  const sizes = (values.entries ?? '200,2000,10000').split(',').map(Number);
  const rounds = Number(values.rounds ?? 5);
  if (values.help || sizes.some((size) => !(size > 0)) || !(rounds > 0)) {
    process.stdout.write(HELP);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ds-bench-'));
  try {
    const all: Map<Act, TimedRun[]>[] = [];
    for (const size of sizes) all.push(await measure(size, rounds, join(folder, 'times')));
    const lines = [['', '', ...sizes.map((size) => `J${size}`), 'exponent']];
    lines.push(lines[0]?.map(() => '---') ?? []);
    for (const act of ACTS) {
      const of = (read: (run: TimedRun) => number) =>
        all.map((one) => median((one.get(act) ?? []).map(read)));
      const cpu = of((run) => run.cpu);
      const memory = of((run) => run.megabytes);
      lines.push([act, 'CPU s', ...cpu.map((s) => s.toFixed(2)), exponent(sizes, cpu)]);
      const shown = memory.map((mb) => mb.toFixed(0));
      lines.push(['', 'largest process, MB', ...shown, exponent(sizes, memory)]);
    }
    process.stdout.write(lines.map((cells) => `| ${cells.join(' | ')} |\n`).join(''));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  process.stderr.write(`${describeForTerminal(error)}\n`);
  process.exit(1);
});
