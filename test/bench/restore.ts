/**
 * `npm run bench:restore`: a complete restore of ours into a running datastore, beside rsync's of the
 * raw tree followed by a new index; into an empty Journal and into one in use, through sshd on this
 * machine, in turns.
 *
 * "shown" is when the datastore shows every entry; "indexed", when its index has them too, so that it
 * sorts and searches again (until then it answers from the disk).
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { distFolder } from '../../bundle/build.ts';
import { describeForTerminal } from '../../shared/errors.ts';
import { compareJournals, readJournal } from '../journal/compare.ts';
import { changeJournal, generateJournal } from '../journal/generator.ts';
import { waitFor } from '../runner/patience.ts';
import type { Laptop } from '../school/laptop.ts';
import { startSchool } from '../school/school.ts';
import { timed } from './contender.ts';
import { startBenchSsh } from './peers.ts';
import { median } from './report.ts';
import { openWire } from './wire.ts';

const HELP = `npm run bench:restore -- [options]

  --journals NAMES  J200,J2000 (the number is how many entries)
  --rounds N        the median counts (default 3)
  --json            one JSON object on stdout, nothing else
`;
const CASES = ['empty', 'in use'] as const;
type Case = (typeof CASES)[number];
/** What a complete restore may cost beside rsync and a new index (issue "Agent"). */
const LIMITS: Record<Case, number> = { empty: 1.2, 'in use': 2.5 };

interface Seconds {
  shown: number;
  indexed: number;
}

interface Scene {
  /** The Journal that was backed up, as a raw tree. */
  raw: string;
  /** What is in the Journal when the restore begins; undefined for nothing. */
  before: string | undefined;
  signal: AbortSignal;
}

/** Of the largest Journal; it takes much less. */
const INDEX_MS = 300_000;

async function prepare(laptop: Laptop, { before }: Scene): Promise<void> {
  await laptop.loseJournal();
  if (before) cpSync(before, laptop.journal, { recursive: true });
  await laptop.startBus();
  await laptop.countEntries();
  const all = async () => (await indexed(laptop)) >= readJournal(laptop.journal).size;
  await waitFor('the index before', all, { everyMs: 100 });
}

async function indexed(laptop: Laptop): Promise<number> {
  return ((await laptop.datastore('find_ids', {})) as unknown[]).length;
}

/** Times an act until the datastore shows this many entries, and until it has indexed them. */
async function measure(
  laptop: Laptop,
  entries: number,
  act: () => Promise<void>,
): Promise<Seconds> {
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  await act();
  const shownEntries = await laptop.countEntries();
  if (shownEntries !== entries) throw new Error(`${shownEntries} of ${entries} are shown`);
  const shown = since();
  const all = async () => (await indexed(laptop)) >= entries;
  await waitFor('the index', all, { everyMs: 50, patienceMs: INDEX_MS });
  return { shown, indexed: since() };
}

function judge(laptop: Laptop, scene: Scene): void {
  const found = compareJournals(readJournal(scene.raw), readJournal(laptop.journal));
  const other = scene.before ? readJournal(scene.before) : new Map();
  const lost = [...other.keys()].filter((uid) => found.missing.includes(uid));
  // In a Journal in use ours keeps what differs, and rsync replaces it.
  const wrong = scene.before ? 0 : found.different.length + found.extra.length;
  if (found.missing.length + lost.length + wrong > 0) throw new Error('the restore is not whole');
}

async function measureJournal(entries: number, rounds: number, folder: string, stop: AbortSignal) {
  const seconds: Record<Case, { ours: Seconds[]; rsync: Seconds[] }> = {
    empty: { ours: [], rsync: [] },
    'in use': { ours: [], rsync: [] },
  };
  const raw = join(folder, 'raw');
  generateJournal(raw, { entries, seed: 1 });
  const used = join(folder, 'used');
  cpSync(raw, used, { recursive: true });
  for (const uid of [...readJournal(used).keys()].slice(Math.ceil(entries / 10))) {
    rmSync(join(used, uid.slice(0, 2), uid), { recursive: true });
  }
  changeJournal(used, { count: Math.ceil(entries / 20), seed: 2 });
  generateJournal(used, { entries: Math.ceil(entries / 5), seed: 3 });
  await using wire = openWire();
  await using ssh = await startBenchSsh(join(folder, 'ssh'), wire);
  await using school = await startSchool({ laptops: 1, server: { wire } });
  const laptop = school.laptop(0);
  cpSync(raw, laptop.journal, { recursive: true });
  await sleep(3000, undefined, { signal: stop });
  const program = join(distFolder, 'ds-backup.mjs');
  const command = (...args: string[]) => {
    const words = [process.execPath, program, ...args, '--direct', ...laptop.where()];
    return timed({ folder: laptop.home, signal: stop }, words, laptop.env);
  };
  await command('now');
  const ours = async () => void (await command('restore', 'latest'));
  const rsync = async () => {
    await laptop.stopDatastore();
    const words = ['rsync', '-a', '-e', `ssh -F ${ssh.config}`, `bench:${raw}/`, laptop.journal];
    await timed({ folder: laptop.home, signal: stop }, words, laptop.env);
    rmSync(join(laptop.journal, 'index_updated'), { force: true });
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of CASES) {
      const scene = { raw, before: name === 'empty' ? undefined : used, signal: stop };
      const turns = round % 2 === 0 ? (['ours', 'rsync'] as const) : (['rsync', 'ours'] as const);
      for (const who of turns) {
        await prepare(laptop, scene);
        const all = new Set([...readJournal(raw).keys(), ...readJournal(laptop.journal).keys()]);
        // What differs comes beside what is there.
        const differ = compareJournals(readJournal(raw), readJournal(laptop.journal)).different;
        const expected = all.size + (who === 'ours' ? differ.length : 0);
        const found = await measure(laptop, expected, who === 'ours' ? ours : rsync);
        judge(laptop, scene);
        seconds[name][who].push(found);
        const { shown, indexed: done } = found;
        process.stderr.write(`  ${name}, ${who}: ${shown.toFixed(2)} s, ${done.toFixed(2)} s\n`);
      }
    }
  }
  return seconds;
}

async function main(signal: AbortSignal): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { journals: text, rounds: text, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const rounds = Number(values.rounds ?? 3);
  const figures: Record<string, unknown> = {};
  const rows = [
    '| | into | ours shown | rsync shown | ratio | ours indexed | rsync indexed | ratio |',
  ];
  rows.push('|---|---|---|---|---|---|---|---|');
  for (const journal of (values.journals ?? 'J200,J2000').split(',')) {
    const entries = Number(/^J([1-9]\d{0,4})$/.exec(journal)?.[1]);
    if (!(entries > 0 && rounds > 0)) throw new Error(HELP);
    process.stderr.write(`${journal}\n`);
    const folder = mkdtempSync(join(tmpdir(), 'ds-bench-'));
    try {
      const seconds = await measureJournal(entries, rounds, folder, signal);
      figures[journal] = seconds;
      for (const name of CASES) rows.push(rowOf(journal, name, seconds[name]));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${rows.join('\n')}\n`);
}

function rowOf(journal: string, name: Case, found: { ours: Seconds[]; rsync: Seconds[] }): string {
  const of = (who: 'ours' | 'rsync', what: keyof Seconds) => median(found[who].map((s) => s[what]));
  const cells = (['shown', 'indexed'] as const).flatMap((what) => {
    const [ours, rsync] = [of('ours', what), of('rsync', what)];
    const ratio = ours / rsync;
    const verdict = `${ratio.toFixed(2)}${ratio > LIMITS[name] ? ` (above ${LIMITS[name]})` : ''}`;
    return [`${ours.toFixed(2)} s`, `${rsync.toFixed(2)} s`, verdict];
  });
  return `| ${[journal, name, ...cells].join(' | ')} |`;
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}
main(stop.signal).catch((error) => {
  process.stderr.write(`${describeForTerminal(error)}\n`);
  process.exit(1);
});
