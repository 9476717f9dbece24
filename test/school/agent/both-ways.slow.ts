// weight: 90
/**
 * What a command comes to, in a real school: the same exit code and the same figures whether the agent does it or
 * the command's own process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import type { Finished, Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { settled } from '../settled.ts';
import { ask, letAgentWake } from '../waking-agent.ts';

const test = suite('a command ends in the same way, by the agent and without it');

const DONE = 0;
const FAILED = 1;
const TRY_LATER = 75;
const TEACHER = 77;

interface Outcome {
  what: string;
  command: string[];
  expected: number;
  /** Of the server. */
  settings?: string;
  /** Before the command, with a laptop that has been backed up when `isKnown`. */
  isKnown?: boolean;
  prepare?: (school: School, laptop: Laptop) => void | Promise<void> | Promise<AsyncDisposable>;
  /** What it does to the server, another laptop must not meet. */
  alone?: boolean;
  /** Stops the command once this is so. */
  stopWhen?: (laptop: Laptop) => boolean;
}

/** An entry of this Journal, and its folder. */
function anEntry(laptop: Laptop, uids: readonly string[]): string {
  const uid = uids.find((one) => existsSync(join(laptop.journal, one.slice(0, 2), one, 'data')));
  if (uid === undefined) throw new Error('no entry has content');
  return uid;
}

const folderOf = (laptop: Laptop, uid: string) => join(laptop.journal, uid.slice(0, 2), uid);

function breakContent(laptop: Laptop): void {
  const data = join(folderOf(laptop, anEntry(laptop, uidsOf.get(laptop) ?? [])), 'data');
  rmSync(data);
  mkdirSync(data);
}

/** The school's copy of an entry has other bytes, and the laptop has lost all. */
async function damageAndLose(school: School, laptop: Laptop): Promise<void> {
  const uid = anEntry(laptop, uidsOf.get(laptop) ?? []);
  const { folder = '' } = newestSnapshot(school.server, parseSerial(laptop.serial)) ?? {};
  const path = join(folder, uid);
  chmodSync(path, 0o644);
  writeFileSync(path, 'damaged');
  await laptop.loseJournal();
}

/** The server does not answer any more, and does not go away either. */
async function freeze(school: School): Promise<AsyncDisposable> {
  const { pid } = school.server.daemon;
  process.kill(pid, 'SIGSTOP');
  return {
    [Symbol.asyncDispose]: async () => {
      process.kill(pid, 'SIGCONT');
    },
  };
}

async function holdLock(_school: School, laptop: Laptop): Promise<AsyncDisposable> {
  const folder = join(laptop.profile, 'lock');
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'ds-backup.run');
  const child = spawn('flock', [lock, 'sh', '-c', 'echo held; read _'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}

const isLocked = (laptop: Laptop) => existsSync(join(laptop.profile, 'lock', 'ds-backup.run'));
const uidsOf = new WeakMap<Laptop, string[]>();

const OUTCOMES: readonly Outcome[] = [
  { what: 'done', command: ['now', '--wait'], expected: DONE },
  { what: 'nothing to do', command: ['now', '--wait'], expected: DONE, isKnown: true },
  {
    what: 'problems of an entry that the school has',
    command: ['now', '--wait'],
    expected: FAILED,
    isKnown: true,
    prepare: (_school, laptop) => breakContent(laptop),
  },
  {
    what: 'problems of an entry that the school has not',
    command: ['now', '--wait'],
    expected: FAILED,
    prepare: (_school, laptop) => breakContent(laptop),
  },
  {
    what: 'where the entries stand',
    command: ['status', '--entries'],
    expected: FAILED,
    isKnown: true,
    prepare: async (_school, laptop) => {
      breakContent(laptop);
      await laptop.backup(['now']);
    },
  },
  {
    what: 'no school',
    command: ['now'],
    expected: TRY_LATER,
    isKnown: true,
    alone: true,
    prepare: async ({ server }) => {
      await server.daemon.stop();
      return { [Symbol.asyncDispose]: () => server.start() };
    },
  },
  {
    what: 'nobody may register',
    command: ['now'],
    expected: TEACHER,
    settings: '[registration]\npolicy = "window"\n',
  },
  { what: 'another run', command: ['now'], expected: TRY_LATER, isKnown: true, prepare: holdLock },
  {
    what: 'stopped',
    command: ['now', '--wait'],
    expected: FAILED,
    alone: true,
    prepare: freeze,
    stopWhen: isLocked,
  },
  {
    what: 'a day that is not there',
    command: ['restore', 'datastore-2019-01-01_00:00', '--wait'],
    expected: FAILED,
    isKnown: true,
  },
  {
    what: 'damaged at school',
    command: ['restore', 'latest', '--wait'],
    expected: FAILED,
    isKnown: true,
    prepare: damageAndLose,
  },
  {
    what: 'everything is here',
    command: ['restore', 'latest', '--wait'],
    expected: DONE,
    isKnown: true,
  },
  {
    what: 'content that is not away',
    command: ['fetch', '00000000-0000-4000-8000-000000000000', '--wait'],
    expected: FAILED,
    isKnown: true,
  },
  {
    what: 'a class page that is not there',
    command: ['offer', '00000000-0000-4000-8000-000000000000', 'latest'],
    expected: FAILED,
    isKnown: true,
  },
];

async function run(school: School, outcome: Outcome, way: 'agent' | 'direct'): Promise<Finished> {
  const laptop = school.newLaptop();
  uidsOf.set(laptop, generateJournal(laptop.journal, { entries: 6, seed: 41 }));
  await settled();
  if (outcome.isKnown) assert.is((await laptop.backup(['now'])).exitCode, 0);
  await laptop.startBus();
  const stop = new AbortController();
  const options = { signal: stop.signal };
  await using _mended = (await outcome.prepare?.(school, laptop)) ?? undefined;
  if (way === 'agent') await letAgentWake(laptop, school.server.url);
  const { command, stopWhen } = outcome;
  const args = [...command, '--json'];
  const running = way === 'agent' ? ask(laptop, args, options) : laptop.backup(args, options);
  if (stopWhen) {
    await waitFor('its begin', () => stopWhen(laptop));
    stop.abort();
  }
  const done = await running;
  if (way === 'agent') await ask(laptop, ['cancel']);
  return done;
}

const schools = new Map<string, School>();

test.after(async () => {
  for (const school of schools.values()) await school[Symbol.asyncDispose]();
});

for (const outcome of OUTCOMES) {
  test(outcome.what, async () => {
    const { settings = '', expected } = outcome;
    const school =
      schools.get(settings) ?? (await startSchool({ laptops: 0, server: { settings } }));
    schools.set(settings, school);
    const first = run(school, outcome, 'direct');
    if (outcome.alone) await first;
    const [direct, agent] = await Promise.all([first, run(school, outcome, 'agent')]);
    const told = ({ stdout, stderr }: Finished) => `${stdout}${stderr}`;
    const both = `without the agent: ${told(direct)}\nby the agent: ${told(agent)}`;
    assert.equal([direct.exitCode, agent.exitCode], [expected, expected], both);
    if (direct.stdout === '' || outcome.command[0] === 'status') return;
    const summaryOf = ({ stdout }: Finished) => JSON.parse(stdout).summary;
    if (agent.exitCode === TRY_LATER) return;
    const { sentBytes: _a, receivedBytes: _b, ...figures } = summaryOf(direct);
    const { sentBytes: _c, receivedBytes: _d, ...same } = summaryOf(agent);
    assert.equal(figures, same, both);
  });
}

test.run();
