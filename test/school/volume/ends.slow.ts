// weight: 15
/**
 * How a day in the Journal ends without anybody in the Journal: each time no mount, no folder, no content is
 * left. With the real agent, school, sshfs and kernel; Sugar's shell is not needed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canMount } from '../../../agent/volume/mount.ts';
import { distFolder } from '../../../bundle/build.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import type { Laptop } from '../laptop.ts';
import { MachineEvents } from '../machine-events.ts';
import { RunningAgent } from '../running-agent.ts';
import type { School } from '../school.ts';
import { startWithDay } from './backed-up.ts';

const all = suite('the ends of a day in the Journal');
const test = testIf(canMount(process.env), all, 'needs sshfs and /dev/fuse');

let school: School;
let laptop: Laptop;
let events: MachineEvents;
let agent: RunningAgent;

all.before(async () => {
  if (!canMount(process.env)) return;
  ({ school, laptop } = await startWithDay());
  const services = ['networkmanager', 'logind'] as const;
  events = await MachineEvents.start(join(laptop.home, 'system'), laptop.env, services);
  agent = await RunningAgent.start(laptop, events);
});

all.after(async () => {
  await agent?.[Symbol.asyncDispose]();
  await events?.[Symbol.asyncDispose]();
  await school?.[Symbol.asyncDispose]();
});

const place = () => join(laptop.home, 'School');
const own = () => readdirSync(join(laptop.profile, 'ds-backup'));

function isMounted(): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(place());
}

async function open(): Promise<void> {
  assert.is(await agent.ask('OpenInJournal', 'ss', ['', '']), 'School');
  assert.ok(isMounted());
}

function nothingIsLeft(): void {
  assert.not.ok(isMounted(), 'no mount');
  assert.not.ok(existsSync(place()), 'no folder');
  for (const name of ['volume', 'mount-point']) assert.not.ok(own().includes(name), name);
}

/** Waits for the end that the agent notices. */
async function ended(): Promise<void> {
  const isClosed = (state: unknown) => (state as string[])[0] === 'closed';
  await agent.until('the end of it', ({ InJournal }) => isClosed(InJournal));
  nothingIsLeft();
}

/** The process that serves the mount, and sshfs. */
function servants(): { worker: number; sshfs: number } {
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      if (!words.startsWith('sshfs\0') || !words.includes(place())) continue;
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      return { worker: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]), sshfs: Number(name) };
    } catch {
      // it has ended meanwhile
    }
  }
  throw new Error('nobody serves it');
}

test('the network goes', async () => {
  await open();
  await events.network('down');
  await ended();
  await events.network('up');
});

test('the laptop is about to sleep', async () => {
  await open();
  await events.sleep(true);
  await ended();
  await events.sleep(false);
});

test('a teacher opens it at the terminal, and hears what it does not show', async () => {
  const program = join(distFolder, 'ds-backup.mjs');
  const words = ['open-in-journal', 'latest'];
  const said = await laptop.run(process.execPath, [program, ...words]);
  assert.is(said.exitCode, 0, said.stderr);
  const [empty = 0] = (await agent.properties()).LeftOut as number[];
  assert.ok(empty > 0, 'the generated Journal has some');
  assert.is(
    said.stdout,
    `it is in the Journal, as "School"\nnot shown there: ${empty} without content; ` +
      '"ds-backup entries latest" lists all\n',
  );
  const closed = await laptop.run(process.execPath, [
    program,
    'close-in-journal',
    ...words.slice(2),
  ]);
  assert.is(closed.exitCode, 0, closed.stderr);
  nothingIsLeft();
});

test('the child takes it out while it is opening', async () => {
  const opening = agent.ask('OpenInJournal', 'ss', ['', '']).catch((error: Error) => error);
  await agent.until('the beginning', ({ InJournal }) => (InJournal as string[])[0] === 'opening');
  await agent.ask('CloseInJournal');
  nothingIsLeft();
  assert.instance(await opening, Error);
});

test('the mount dies: the agent clears it up', async () => {
  await open();
  process.kill(servants().sshfs, 'SIGKILL');
  await ended();
});

test('the agent ends', async () => {
  await open();
  await agent[Symbol.asyncDispose]();
  nothingIsLeft();
  agent = await RunningAgent.start(laptop, events);
});

test('a power cut leaves a dead mount: the next agent clears it up before it shows anything', async () => {
  await open();
  const { worker, sshfs } = servants();
  // All at once, as nearly as a signal can be.
  for (const pid of [agent.daemon.pid, worker, sshfs]) process.kill(pid, 'SIGKILL');
  await waitFor('their end', async () => !agent.daemon.running());
  assert.ok(isMounted(), 'this leaves something to clear up');
  assert.ok(own().includes('mount-point'));
  await agent[Symbol.asyncDispose]();
  agent = await RunningAgent.start(laptop, events);
  await waitFor('no mount', async () => !isMounted());
  await open();
  assert.is((await laptop.run('ls', [place()])).exitCode, 0, 'it can be read');
  await agent.ask('CloseInJournal');
  nothingIsLeft();
});

all.run();
