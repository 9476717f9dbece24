// weight: 75
/**
 * A day of the agent with a real school: power, network and sleep come and go as the table says, and
 * what it shows on the bus and what the server keeps is looked at after each step.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { wordsOf } from '../../../xs/traffic/transfers.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { waitFor, within } from '../../runner/patience.ts';
import type { Laptop } from '../laptop.ts';
import { MachineEvents, type Service } from '../machine-events.ts';
import { RunningAgent, type Values } from '../running-agent.ts';
import { type School, startSchool } from '../school.ts';
import { programsOf } from '../senders.ts';

const test = suite('a day of the agent');

/** Scenes share one that leave the server as it is; each has a laptop of its own. */
let shared: School;

test.before(async () => {
  shared = await startSchool({ laptops: 0 });
});

test.after(async () => {
  await shared?.[Symbol.asyncDispose]();
});

interface Scene extends AsyncDisposable {
  school: School;
  laptop: Laptop;
  events: MachineEvents;
  agent: RunningAgent;
}

interface SceneOptions {
  entries: number;
  /** In KiB a second: slow enough to do something in the middle. */
  bandwidth?: number;
  battery?: number;
  services?: readonly Service[];
  network?: 'down';
  /** For scenes that stop the server. */
  ownSchool?: boolean;
}

async function startScene(options: SceneOptions): Promise<Scene> {
  const school = options.ownSchool ? await startSchool({ laptops: 0 }) : shared;
  const opened: AsyncDisposable[] = options.ownSchool ? [school] : [];
  const close = async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  };
  try {
    const laptop = school.newLaptop();
    opened.push(laptop);
    generateJournal(laptop.journal, { entries: options.entries, seed: 7 });
    configure(laptop, options.bandwidth ?? 0);
    const system = join(laptop.home, 'system');
    const events = await MachineEvents.start(system, laptop.env, options.services);
    opened.push(events);
    if (options.battery !== undefined) await events.battery(options.battery);
    if (options.network) await events.network(options.network);
    const agent = await RunningAgent.start(laptop, events);
    opened.push(agent);
    return { school, laptop, events, agent, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function configure(laptop: Laptop, bandwidth: number): void {
  laptop.configure(`spreadSeconds = 0\nbandwidth = ${bandwidth}\n`);
}

function snapshotsOf({ school, laptop }: Pick<Scene, 'school' | 'laptop'>): number {
  return listSnapshots(school.server, parseSerial(laptop.serial)).length;
}

const isSafe = ({ State }: Values) => State === 'safe';
const waitsFor = (reason: string) => (values: Values) =>
  values.State === 'waiting' && (values.Reasons as string[])[0] === reason;
const isSending = ({ State, BytesDone }: Values) =>
  State === 'sending' && (BytesDone as bigint) > 0n;

/** Asks for another backup the way an admin does. */
function askAgain({ laptop, agent }: Scene): Promise<unknown> {
  rmSync(join(laptop.profile, 'ds-backup-done'));
  return agent.ask('BackUpNow');
}

test('a low battery waits, mains backs up, and it is done for the day', async () => {
  await using scene = await startScene({ entries: 20, battery: 20 });
  const { agent, events, laptop } = scene;
  await agent.until('waiting for the battery', waitsFor('battery'));
  await events.battery(30);
  const safe = await agent.until('safe', isSafe);
  assert.is(snapshotsOf(scene), 1);
  assert.equal(safe.Reasons, ['done']);
  assert.ok((safe.LastBackup as bigint) > 0n);
  await agent.until('the next one has a time', ({ LastBackup, NextBackup }) => {
    return (NextBackup as bigint) > (LastBackup as bigint);
  });
  await agent.until('all is safe', ({ SafeEntries, TotalEntries }) => {
    return SafeEntries === 20 && TotalEntries === 20;
  });
  assert.ok(existsSync(join(laptop.profile, 'ds-backup-done')), 'the mark of today');
});

test('the agent is small, and what works for it is quick', async () => {
  await using scene = await startScene({ entries: 60, bandwidth: 1200 });
  const { agent } = scene;
  await agent.until('sending', isSending);
  const [own = [], ...others] = programsOf(agent).map(wordsOf);
  const flags = own.slice(1, own.indexOf('agent') - 1);
  assert.ok(flags.includes('--no-opt') && flags.includes('--single-threaded'), flags.join(' '));
  const workers = others.filter((words) => words.includes('worker'));
  assert.ok(workers.length > 0, 'a worker sends');
  for (const words of workers)
    assert.equal(
      words.filter((word) => flags.includes(word)),
      [],
    );
});

test('sleep in the middle stops it within two seconds, and afterwards it goes on', async () => {
  await using scene = await startScene({ entries: 60, bandwidth: 1200 });
  const { agent, events } = scene;
  await agent.until('sending', isSending);
  const before = Date.now();
  await events.sleep(true);
  await agent.until('stopped for sleep', waitsFor('suspend'));
  await within('the stop before sleep', 3000, Date.now() - before);
  await events.sleep(false);
  await agent.until('safe', isSafe);
  assert.is(snapshotsOf(scene), 1);
});

test('a network that is lost is waited for', async () => {
  await using scene = await startScene({ entries: 60, bandwidth: 1200 });
  const { agent, events } = scene;
  await agent.until('sending', isSending);
  await events.network('down');
  await agent.until('waiting for the network', waitsFor('no-network'));
  await events.network('up');
  await agent.until('safe', isSafe);
  assert.is(snapshotsOf(scene), 1);
});

test('a school server that is away is waited for, and a new network asks it again at once', async () => {
  await using scene = await startScene({ entries: 10, battery: 10, ownSchool: true });
  const { agent, events, school } = scene;
  await agent.until('waiting for the battery', waitsFor('battery'));
  await school.server.daemon.stop();
  await events.mains();
  await agent.until('no server', waitsFor('no-server'));
  await school.server.start();
  await events.network('down');
  await events.network('up');
  await agent.until('safe', isSafe);
});

test('"back up now" works at 16 %, and at 14 % says why not', async () => {
  await using scene = await startScene({ entries: 10, battery: 14 });
  const { agent, events } = scene;
  await agent.until('waiting for the battery', waitsFor('battery'));
  const refused = await agent.ask('BackUpNow').then(
    () => undefined,
    (error: Error & { type?: string }) => error,
  );
  assert.is(refused?.type, 'org.sugarlabs.Backup1.Error.Battery');
  assert.match(refused?.message ?? '', /battery is at 14 %\n.*plug/);
  await events.battery(16);
  const job = await waitFor('power enough', () => agent.ask('BackUpNow').catch(() => undefined));
  const ended = await agent.ended(job);
  assert.is(ended.State, 'done');
  assert.is(snapshotsOf(scene), 1);
  await events.battery(29);
  changeJournal(scene.laptop.journal, { count: 2, seed: 1 });
  await askAgain(scene);
  await agent.until('safe', isSafe);
  assert.is(snapshotsOf(scene), 2);
});

test('killed in the middle of what was asked for, the next agent goes on by itself', async () => {
  await using laptop = shared.newLaptop();
  generateJournal(laptop.journal, { entries: 40, seed: 7 });
  configure(laptop, 0);
  {
    await using agent = await RunningAgent.start(laptop);
    await agent.until('safe', isSafe);
    configure(laptop, 400);
    changeJournal(laptop.journal, { count: 20, seed: 1 });
    await agent.ask('BackUpNow');
    await agent.until('sending', ({ State }) => State === 'sending');
    process.kill(agent.daemon.pid, 'SIGKILL');
    await agent.daemon.ended;
  }
  const snapshots = () => snapshotsOf({ school: shared, laptop });
  assert.is(snapshots(), 1);
  configure(laptop, 0);
  await using next = await RunningAgent.start(laptop);
  await waitFor('the backup that was asked for', () => snapshots() === 2);
  await next.until('safe', isSafe);
});

test('two laptops and one place: the second has an appointment and keeps it', async () => {
  await using school = await startSchool({
    laptops: 2,
    server: { settings: '[traffic]\nslots = 1\nadaptive = false' },
  });
  const [first, second] = [school.laptop(0), school.laptop(1)];
  generateJournal(first.journal, { entries: 60, seed: 1 });
  generateJournal(second.journal, { entries: 5, seed: 2 });
  configure(first, 250); // much slower than the other one needs to come, on any machine
  configure(second, 0);
  await using one = await RunningAgent.start(first);
  await one.until('sending', isSending);
  await using two = await RunningAgent.start(second);
  const asked = Math.floor(Date.now() / 1000);
  const queued = await two.until('queued', ({ State }) => State === 'queued');
  assert.is(queued.QueuePlace, 1);
  assert.ok(Number(queued.QueuedUntil) >= asked, 'a time to come');
  await one.until('the first is safe', isSafe);
  await two.until('the second is safe', isSafe);
  for (const laptop of [first, second]) assert.is(snapshotsOf({ school, laptop }), 1);
});

test('paused by a person nothing happens, also after the agent was killed', async () => {
  await using scene = await startScene({ entries: 10, battery: 10 });
  const { agent, events, laptop } = scene;
  await agent.until('waiting', waitsFor('battery'));
  await agent.ask('Pause');
  await events.mains();
  await agent.until('paused', ({ State }) => State === 'paused');
  await agent.daemon.kill();
  await using again = await RunningAgent.start(laptop, events);
  await again.until('still paused', ({ State }) => State === 'paused');
  assert.throws(() => laptop.serial, /ENOENT/, 'it did not even introduce itself');
  await again.ask('Resume');
  await again.until('safe', isSafe);
});

test('it ends by itself when nothing is left to do and nobody watches', async () => {
  await using scene = await startScene({ entries: 5 });
  const { agent, laptop, events } = scene;
  await agent.until('safe', isSafe);
  agent.bus[Symbol.dispose]();
  assert.is(await agent.daemon.ended, 0, agent.daemon.lines.join('\n'));
  const memory = join(laptop.profile, 'ds-backup', 'agent.json');
  const before = readFileSync(memory);
  await using again = await RunningAgent.start(laptop, events);
  await again.until('safe without asking anybody', isSafe);
  assert.equal(readFileSync(memory), before, 'and without writing anything');
});

test('without power, network and sleep services it does its work', async () => {
  await using laptop = shared.newLaptop();
  generateJournal(laptop.journal, { entries: 5, seed: 3 });
  configure(laptop, 0);
  await using agent = await RunningAgent.start(laptop);
  await agent.until('safe', isSafe);
  const said = agent.daemon.lines.filter((line) => line.includes('no-system-bus'));
  assert.is(said.length, 1, 'said once');
});

test('a monitor that knows nothing of the network stops nobody who asks, nor do absent ones', async () => {
  await using scene = await startScene({
    entries: 10,
    services: ['networkmanager'],
    network: 'down',
  });
  const { agent } = scene;
  await agent.until('waiting for the network', waitsFor('no-network'));
  const job = await agent.ask('BackUpNow');
  assert.is((await agent.ended(job)).State, 'done');
  assert.is(snapshotsOf(scene), 1);
});

test('a memory that is damaged costs one question and no backup', async () => {
  await using scene = await startScene({ entries: 5 });
  const { agent, laptop, events } = scene;
  await agent.until('safe', isSafe);
  await agent.daemon.kill();
  writeFileSync(join(laptop.profile, 'ds-backup', 'agent.json'), '{"version": 1, "done"');
  await using again = await RunningAgent.start(laptop, events);
  await again.until('safe, by the file of today', isSafe);
  assert.is(snapshotsOf(scene), 1);
});

test.run();
