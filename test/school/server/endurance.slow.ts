// weight: 45
/**
 * Half an hour (half a minute in the suite) of mixed traffic: laptops back up, look and restore, an original client
 * mirrors, programs are killed on the way, and strangers ask for everything. The service's memory, descriptors,
 * processes, its own files and its lines of log for each round stay what they were.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { type Random, seeded } from '../../shared/random.ts';
import { soak } from '../../soak.ts';
import { serialOf } from '../../xs/whole.ts';
import type { Laptop } from '../laptop.ts';
import { runUntil } from '../mortal.ts';
import { type School, startSchool } from '../school.ts';
import { StockClient } from '../stock-client.ts';

const test = suite('mixed traffic for long');

const SEED = Number(process.env.DS_BACKUP_SEED ?? 1830);
const SECONDS = soak(Number(process.env.DS_BACKUP_MINUTES ?? 30) * 60, 25);
/** A look at the service after each round; those of the first ones count as warming up. */
const WARM_UP = soak(0.2, 0.3);
const STRANGERS = 30;

interface Look {
  round: number;
  memoryMb: number;
  descriptors: number;
  processes: number;
  /** Files and folders of its own: not pool and snapshots, which grow by what is backed up. */
  ownFiles: number;
  /** Since the look before. */
  lines: number;
}

async function look(school: School, round: number, linesBefore: number): Promise<Look> {
  const { daemon, library, state, completion } = school.server;
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
  const own = [state, completion, ...ownFolders(library)];
  return {
    round,
    memoryMb: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024),
    descriptors: readdirSync(`/proc/${daemon.pid}/fd`).length,
    processes: descendants(daemon.pid),
    ownFiles: own.reduce((sum, folder) => sum + readdirSync(folder, { recursive: true }).length, 0),
    lines: daemon.lines.length - linesBefore,
  };
}

function ownFolders(library: string): string[] {
  const names = readdirSync(library);
  const homes = names.filter((name) => !name.startsWith('.'));
  return homes.flatMap((home) => {
    const inside = readdirSync(join(library, home), { withFileTypes: true });
    const folders = inside.filter(
      (one) => one.isDirectory() && !one.name.startsWith('datastore-2'),
    );
    return folders.map(({ name }) => join(library, home, name));
  });
}

function descendants(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const pids = children.split(' ').filter(Boolean).map(Number);
  return pids.reduce((sum, one) => {
    try {
      return sum + 1 + descendants(one);
    } catch {
      return sum;
    }
  }, 0);
}

type Figure = Exclude<keyof Look, 'round'>;
/** What each figure may be at the end, by what it was at first. The engine's heap comes and goes. */
const mayBe: Record<Figure, (first: number) => number> = {
  memoryMb: (first) => first * 1.15 + soak(8, 40),
  descriptors: (first) => first + 5,
  processes: (first) => first + 5,
  ownFiles: (first) => first + 10,
  lines: (first) => first * 1.5 + 20,
};
const FIGURES = Object.keys(mayBe) as Figure[];

const PATHS = [
  '/backup/1/available/',
  '/ds-backup/1/introduce/',
  '/',
  '/code',
  '/class',
  '/admin/laptops',
  '/../../etc/passwd',
  '/%00',
];

/** Somebody else on the Wi-Fi: from any address, for any serial, with anything. */
async function stranger(school: School, random: Random): Promise<void> {
  const { url, sshPort } = school.server;
  if (random.below(4) === 0)
    return await knock(random.pick([sshPort, Number(new URL(url).port)]), random);
  const serial = serialOf(random.below(100_000));
  const method = random.pick(['GET', 'POST', 'PUT', 'HEAD']);
  const localAddress = `127.0.${1 + random.below(200)}.${1 + random.below(250)}`;
  const path = `${random.pick(PATHS)}${random.pick([serial, '', 'x'.repeat(random.below(3000))])}`;
  await new Promise<void>((resolve) => {
    const sent = request(`${url}`, { method, path, localAddress, agent: false }, (answer) => {
      answer.resume().once('close', resolve);
    });
    sent.once('error', () => resolve());
    sent.end(method === 'GET' ? '' : random.bytes(random.below(2000)));
  });
}

/** Says something that is no protocol, and hangs up, or waits for a while. */
async function knock(port: number, random: Random): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(random.bytes(1 + random.below(300)));
  await sleep(random.below(400));
  socket.destroy();
}

/** What one laptop does in a round; programs may be killed, what is asked of a person succeeds. */
async function laptopRound(laptop: Laptop, random: Random, round: number): Promise<void> {
  changeJournal(laptop.journal, { count: 2, seed: round * 7 + random.below(1000) });
  if (random.below(3) === 0) {
    const victim = random.pick(['program', 'rsync', 'ssh'] as const);
    await runUntil(laptop, ['now'], victim, 100 + random.below(1500));
  }
  const done = await laptop.backup(['now']);
  assert.ok(
    done.exitCode === 0 || done.exitCode === 1,
    `seed ${SEED}, round ${round}: ${done.stderr}`,
  );
  await laptop.backup([random.pick(['snapshots', 'pins', 'status'])]);
  if (random.below(5) === 0)
    await runUntil(laptop, ['restore', 'latest'], 'program', random.below(1500));
}

async function rounds(school: School, random: Random): Promise<Look[]> {
  const client = new StockClient(school, serialOf(77));
  await client.register();
  const looks: Look[] = [];
  const end = performance.now() + SECONDS * 1000;
  let lines = school.server.daemon.lines.length;
  for (let round = 1; performance.now() < end || round <= 4; round += 1) {
    const strangers = Array.from({ length: STRANGERS }, () => stranger(school, random));
    const laptops = school.laptops.map((laptop) => laptopRound(laptop, random, round));
    await Promise.all([...strangers, ...laptops, client.ask()]);
    const seen = await look(school, round, lines);
    lines = school.server.daemon.lines.length;
    looks.push(seen);
    if (round % soak(20, 2) === 0) console.log(JSON.stringify(seen));
  }
  return looks;
}

const median = (numbers: number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** Of the first and of the last third after warming up. */
function firstAndLast(looks: readonly Look[], of: Figure): [number, number] {
  const warm = looks.slice(Math.floor(looks.length * WARM_UP)).map((one) => one[of]);
  const third = Math.max(1, Math.floor(warm.length / 3));
  return [median(warm.slice(0, third)), median(warm.slice(-third))];
}

test(`${SECONDS} s: memory, descriptors, processes, files and lines of log are flat`, async () => {
  await using school = await startSchool({ laptops: 3 });
  const random = seeded(SEED);
  for (const [n, { journal }] of school.laptops.entries()) {
    generateJournal(journal, { entries: 8, seed: n });
  }
  const looks = await rounds(school, random);
  const figures = FIGURES.map((of) => [of, ...firstAndLast(looks, of)] as const);
  console.log(`${looks.length} rounds; first and last third: ${JSON.stringify(figures)}`);
  const grown = figures.filter(([of, first, last]) => last > mayBe[of](first));
  assert.equal(grown, [], `seed ${SEED}`);
});

test.run();
