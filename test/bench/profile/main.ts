/**
 * `npm run bench:profile`: where the time of each act of `ds-backup` goes. Each runs under V8's profiler,
 * with the processes that it starts counted by strace where that is installed. Profiling makes
 * everything slower: compare the kinds of one act, and the same kind before and after a change.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { distFolder } from '../../../bundle/build.ts';
import { describeForTerminal } from '../../../shared/errors.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import type { Laptop } from '../../school/laptop.ts';
import { startSchool } from '../../school/school.ts';
import { median } from '../report.ts';
import { type CpuProfile, KINDS, type Mark, type Shares, sumUp } from './shares.ts';
import { runTimed } from './timed-phases.ts';

const HELP = `npm run bench:profile -- [options]

  --journal NAME  J2000 (the number is how many entries)
  --rounds N      how often nothing changes, and 1 % (default 5); medians count
  --functions N   so many functions with the most time of their own (default 0)
  --acts NAMES    first,unchanged,changed1,restore
  --keep FOLDER   keeps the profiles there, for a browser's developer tools
`;
const ACTS = ['first', 'unchanged', 'changed1', 'restore'] as const;
type Act = (typeof ACTS)[number];

/** What one run took. Seconds, unless it says otherwise. */
interface Run extends Shares {
  wall: number;
  cpu: number;
  /** Programs started; undefined where nobody counted. */
  programs: number | undefined;
}

interface Options {
  entries: number;
  rounds: number;
  functions: number;
  acts: readonly string[];
  keep: string | undefined;
}

/** File times tell nothing about what changed within this, in milliseconds. */
const FRESH_MS = 2500;
const STRACE = '/usr/bin/strace';

async function profileRun(laptop: Laptop, folder: string, args: string[]): Promise<Run> {
  const counted = existsSync(STRACE);
  const log = join(folder, 'strace');
  const profiles = mkdtempSync(join(folder, 'run-'));
  const node = [process.execPath, '--cpu-prof', '--cpu-prof-interval=400'];
  const words = [
    ...(counted ? [STRACE, '-f', '--seccomp-bpf', '-qq', '-e', 'trace=execve', '-o', log] : []),
    ...[...node, `--cpu-prof-dir=${profiles}`, join(distFolder, 'ds-backup.mjs')],
    ...[...args, '--direct', ...laptop.where()],
  ];
  const { wall, cpu, marks } = await runTimed(words, laptop.env, join(folder, 'times'));
  const [file = ''] = readdirSync(profiles).filter((name) => name.endsWith('.cpuprofile'));
  const profile = JSON.parse(readFileSync(join(profiles, file), 'utf8')) as CpuProfile;
  const shares = sumUp(profile, marks as Mark[]);
  const programs = counted ? readFileSync(log, 'latin1').match(/= 0$/gm)?.length : undefined;
  return { ...shares, wall, cpu, programs };
}

async function measure(options: Options, folder: string): Promise<Map<Act, Run[]>> {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: options.entries, seed: 1 });
  const found = new Map<Act, Run[]>();
  const run = async (act: Act, ...args: string[]) => {
    await sleep(FRESH_MS);
    if (act !== 'first' && !options.acts.includes(act)) return;
    const done = await profileRun(laptop, folder, args);
    found.set(act, [...(found.get(act) ?? []), done]);
    process.stderr.write(`  ${act}: ${done.wall.toFixed(2)} s\n`);
  };
  await run('first', 'now');
  await laptop.backup(['now']); // whatever is done once
  for (let round = 0; round < options.rounds; round += 1) await run('unchanged', 'now');
  for (let round = 0; round < options.rounds; round += 1) {
    changeJournal(laptop.journal, { share: 0.01, seed: round + 2 });
    await run('changed1', 'now');
  }
  if (options.acts.includes('restore')) {
    await laptop.loseJournal();
    await laptop.startBus();
    await laptop.countEntries();
    await run('restore', 'restore', 'latest');
  }
  if (options.keep) cpSync(folder, options.keep, { recursive: true });
  return found;
}

function format(found: ReadonlyMap<Act, Run[]>, functions: number): string {
  const head = [
    'act',
    'wall s',
    'cpu s',
    'programs',
    ...KINDS.map((kind) => `${kind} ms`),
    'idle in',
  ];
  const rows = [...found].map(([act, runs]) => {
    const of = (read: (run: Run) => number) => median(runs.map(read));
    const phases = new Set(runs.flatMap(({ idleIn }) => [...idleIn.keys()]));
    const idle = [...phases].map((name) => {
      return `${name} ${of(({ idleIn }) => idleIn.get(name) ?? 0).toFixed(0)}`;
    });
    const programs = of((run) => run.programs ?? Number.NaN);
    return [
      act,
      of(({ wall }) => wall).toFixed(2),
      of(({ cpu }) => cpu).toFixed(2),
      Number.isNaN(programs) ? '–' : String(programs),
      ...KINDS.map((kind) => of(({ kinds }) => kinds[kind]).toFixed(0)),
      idle.join(', '),
    ];
  });
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  for (const [act, runs] of functions > 0 ? found : []) {
    lines.push('', act);
    for (const [name, ms] of runs.at(-1)?.functions.slice(0, functions) ?? []) {
      lines.push(`  ${ms.toFixed(1).padStart(8)} ms  ${name}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function readOptions(): Options | undefined {
  const text = { type: 'string' } as const;
  const options = { journal: text, rounds: text, functions: text, acts: text, keep: text };
  const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
  if (values.help) return undefined;
  const entries = Number(/^J([1-9]\d{0,4})$/.exec(values.journal ?? 'J2000')?.[1]);
  const rounds = Number(values.rounds ?? 5);
  if (!(entries > 0 && rounds > 0)) throw new Error(HELP);
  const acts = values.acts?.split(',') ?? ACTS;
  return { entries, rounds, functions: Number(values.functions ?? 0), acts, keep: values.keep };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) {
    process.stdout.write(HELP);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ds-bench-'));
  try {
    process.stdout.write(format(await measure(options, folder), options.functions));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  process.stderr.write(`${describeForTerminal(error)}\n`);
  process.exit(1);
});
