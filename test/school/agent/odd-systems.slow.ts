// weight: 45
/**
 * Laptops on which the services that tell of power, network and sleep are not there, come late, go, know
 * nothing of the network, answer errors or nothing at all: each is backed up, and nothing runs in circles.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import type { Laptop } from '../laptop.ts';
import { MachineEvents, type Service } from '../machine-events.ts';
import { RunningAgent, type Values } from '../running-agent.ts';
import { type School, startSchool } from '../school.ts';
import { settled } from '../settled.ts';

const test = suite('laptops with odd systems');

const ALL: readonly Service[] = ['upower', 'networkmanager', 'logind'];

let school: School;
test.before(async () => {
  school = await startSchool({ laptops: 0 });
});
test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

const isSafe = ({ State }: Values) => State === 'safe';
const snapshotsOf = (laptop: Laptop) =>
  listSnapshots(school.server, parseSerial(laptop.serial)).length;

interface Scene {
  laptop: Laptop;
  events: MachineEvents;
  agent: () => Promise<RunningAgent>;
}

/** A laptop with some of the services; the agent is started by the scene. */
async function scene(
  services: readonly Service[],
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 6, seed: 5 });
  laptop.configure('spreadSeconds = 0\n');
  const folder = join(laptop.home, 'system');
  await using events = await MachineEvents.start(folder, laptop.env, services);
  await play({ laptop, events, agent: () => RunningAgent.start(laptop, events) });
}

/** Processor time of a process, in seconds: 100 ticks each. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** That it rests when it has nothing to do, and has not filled the log. */
async function rests(agent: RunningAgent): Promise<void> {
  const { pid, lines } = agent.daemon;
  const before = processorSeconds(pid);
  const saidBefore = lines.length;
  await sleep(4000);
  const used = processorSeconds(pid) - before;
  assert.ok(used < 1, `${used} s of processor in 4 s`);
  assert.ok(lines.length - saidBefore < 10, lines.slice(saidBefore).join('\n'));
  assert.ok(lines.length < 60, lines.join('\n'));
}

async function backedUp(laptop: Laptop, agent: RunningAgent, times = 1): Promise<void> {
  await agent.until('safe', (values) => isSafe(values) && snapshotsOf(laptop) === times);
}

/** A child changes something and asks. */
async function again({ laptop }: Pick<Scene, 'laptop'>, agent: RunningAgent): Promise<void> {
  changeJournal(laptop.journal, { count: 1, seed: snapshotsOf(laptop) });
  await settled();
  const before = snapshotsOf(laptop);
  const ended = await agent.ended(await agent.ask('BackUpNow'));
  assert.is(ended.State, 'done', JSON.stringify(ended.Error));
  assert.is(snapshotsOf(laptop), before + 1);
}

const ABSENT: [string, readonly Service[]][] = [
  ['a bus without any service', []],
  ['no NetworkManager', ['upower', 'logind']],
  ['no UPower and no logind', ['networkmanager']],
];
for (const [name, services] of ABSENT) {
  test(`${name}: backed up by itself and by hand`, async () => {
    await scene(services, async ({ laptop, agent }) => {
      await using running = await agent();
      await backedUp(laptop, running);
      await again({ laptop }, running);
      await rests(running);
    });
  });
}

test('a NetworkManager that says "disconnected" in a network that works: backed up by hand', async () => {
  await scene(['networkmanager'], async ({ laptop, events, agent }) => {
    await events.network('down');
    await using running = await agent();
    await running.until('waiting', ({ State, Reasons }) => {
      return State === 'waiting' && (Reasons as string[]).includes('no-network');
    });
    await rests(running);
    assert.is((await running.ended(await running.ask('BackUpNow'))).State, 'done');
    assert.is(snapshotsOf(laptop), 1);
    await again({ laptop }, running);
  });
});

test('services that answer nothing: the agent is there at once, and backs up', async () => {
  await scene(ALL, async ({ laptop, events, agent }) => {
    for (const one of ALL) events.freeze(one);
    await using running = await agent();
    await backedUp(laptop, running);
    await again({ laptop }, running);
    await rests(running);
    for (const one of ALL) events.freeze(one, false);
    await rests(running);
  });
});

test('services that answer errors: backed up', async () => {
  await scene([], async ({ laptop, events, agent }) => {
    for (const one of ALL) await events.comeBroken(one);
    await using running = await agent();
    await backedUp(laptop, running);
    await again({ laptop }, running);
    await rests(running);
  });
});

test('services that come later are heard, and ones that go are not believed any more', async () => {
  await scene([], async ({ laptop, events, agent }) => {
    await using running = await agent();
    await backedUp(laptop, running);
    for (const one of ALL) await events.come(one);
    await events.battery(12);
    await waitFor('the low battery to count', () =>
      running.ask('BackUpNow').then(
        () => false,
        (error: Error & { type?: string }) => error.type?.endsWith('.Battery'),
      ),
    );
    await events.go('upower');
    await waitFor('the battery to be forgotten', () =>
      running.ask('BackUpNow').then(
        () => true,
        () => false,
      ),
    );
    await events.sleep(true);
    await events.go('logind');
    await events.network('down');
    await events.go('networkmanager');
    await running.until('safe', isSafe);
    await rests(running);
  });
});

test('a system bus that goes while the agent runs: backed up', async () => {
  await scene(ALL, async ({ laptop, events, agent }) => {
    await events.battery(12);
    await using running = await agent();
    await running.until('waiting', ({ State, Reasons }) => {
      return State === 'waiting' && (Reasons as string[]).includes('battery');
    });
    await events[Symbol.asyncDispose]();
    await backedUp(laptop, running);
    await rests(running);
  });
});

test.run();
