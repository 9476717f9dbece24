/**
 * The services that say how the laptop is, on a real bus: not there, there later, gone again, answering
 * errors or nothing. What was last heard is believed as long as who said it is there, and no longer.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LaptopWatch } from '../../../agent/watch/laptop.ts';
import { watchNetwork } from '../../../agent/watch/network.ts';
import { watchPower } from '../../../agent/watch/power.ts';
import { watchSleep } from '../../../agent/watch/sleep.ts';
import { createLog } from '../../../shared/log.ts';
import { Bus, type Target } from '../../../shared/system/bus.ts';
import { waitFor } from '../../runner/patience.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { FakeService, type PrivateBus, startPrivateBus } from './fake-service.ts';

const test = suite('services that say how the laptop is');
const root = temporaryFolder(test);

const NETWORK: Target = {
  name: 'org.freedesktop.NetworkManager',
  path: '/org/freedesktop/NetworkManager',
  iface: 'org.freedesktop.NetworkManager',
};
const UPOWER: Target = {
  name: 'org.freedesktop.UPower',
  path: '/org/freedesktop/UPower',
  iface: 'org.freedesktop.UPower',
};
const BATTERY: Target = {
  name: 'org.freedesktop.UPower',
  path: '/org/freedesktop/UPower/devices/DisplayDevice',
  iface: 'org.freedesktop.UPower.Device',
};
const DISCONNECTED = 20;
const CONNECTED_LOCAL = 50;

let at: PrivateBus;
test.before.each(async () => {
  at = await startPrivateBus();
});
test.after.each(async () => {
  await at[Symbol.asyncDispose]();
});

/** A log whose lines are kept. */
function heard() {
  const lines: string[] = [];
  return { lines, log: createLog((line) => lines.push(line)) };
}

/** A battery that the kernel knows of; a way to change its charge. */
function supplies(name: string): { folder: string; hold: (percent: number) => void } {
  const folder = join(root, name);
  mkdirSync(join(folder, 'BAT0'), { recursive: true });
  writeFileSync(join(folder, 'BAT0', 'type'), 'Battery');
  const hold = (percent: number) => writeFileSync(join(folder, 'BAT0', 'capacity'), `${percent}`);
  return { folder, hold };
}

async function sees<T>(seen: T[], last: T): Promise<void> {
  const why = () => JSON.stringify(seen);
  await waitFor(JSON.stringify(last), () => same(seen.at(-1), last), { why });
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

test('a network manager that comes later is heard, and one that goes is not believed any more', async () => {
  const seen: string[] = [];
  let joined = 0;
  const { log, lines } = heard();
  await watchNetwork(
    await at.open(),
    log,
    (network) => seen.push(network),
    () => {
      joined += 1;
    },
  );
  assert.equal(seen, ['unknown']);
  const manager = await FakeService.make(at, NETWORK.name);
  manager.say(NETWORK, { State: ['u', DISCONNECTED] }, false);
  await manager.come();
  await sees(seen, 'down');
  await manager.go();
  await sees(seen, 'unknown');
  manager.say(NETWORK, { State: ['u', CONNECTED_LOCAL] }, false);
  await manager.come();
  await sees(seen, 'up');
  await waitFor('the network that was joined', () => joined === 1);
  await manager.go();
  await sees(seen, 'unknown');
  await manager.come();
  await sees(seen, 'up');
  assert.is(joined, 1, 'it is the network as before');
  assert.ok(lines.length < 8, lines.join(''));
});

test('a network manager that answers an error at first is heard when it says something', async () => {
  const seen: string[] = [];
  const manager = await FakeService.make(at, NETWORK.name);
  manager.mood = 'errors';
  await manager.come();
  await watchNetwork(
    await at.open(),
    heard().log,
    (network) => seen.push(network),
    () => {},
  );
  assert.equal(seen, ['unknown']);
  manager.mood = 'answers';
  manager.say(NETWORK, { State: ['u', DISCONNECTED] });
  await sees(seen, 'down');
});

test('UPower that goes leaves the battery to the kernel, and is believed again when it is back', async () => {
  const seen: unknown[] = [];
  const { folder, hold } = supplies('goes');
  hold(95);
  const upower = await FakeService.make(at, UPOWER.name);
  upower.say(UPOWER, { OnBattery: ['b', true] }, false);
  upower.say(BATTERY, { Percentage: ['d', 12] }, false);
  await upower.come();
  using _watch = await watchPower(await at.open(), heard().log, (power) => seen.push(power), {
    ...{ supplies: folder, lookMs: 60_000 },
  });
  await sees(seen, { percent: 12 });
  await upower.go();
  await sees(seen, { percent: 95 });
  upower.say(UPOWER, { OnBattery: ['b', false] }, false);
  await upower.come();
  await sees(seen, 'mains');
});

test('UPower that comes later is heard', async () => {
  const seen: unknown[] = [];
  const { folder, hold } = supplies('later');
  hold(95);
  using _watch = await watchPower(await at.open(), heard().log, (power) => seen.push(power), {
    ...{ supplies: folder, lookMs: 60_000 },
  });
  await sees(seen, { percent: 95 });
  const upower = await FakeService.make(at, UPOWER.name);
  upower.say(UPOWER, { OnBattery: ['b', false] }, false);
  await upower.come();
  await sees(seen, 'mains');
});

test('a low battery is asked for again, though UPower announces nothing', async () => {
  const seen: unknown[] = [];
  const { folder, hold } = supplies('mute');
  hold(12);
  const upower = await FakeService.make(at, UPOWER.name);
  upower.say(UPOWER, { OnBattery: ['b', true] }, false);
  upower.say(BATTERY, { Percentage: ['d', 12] }, false);
  await upower.come();
  using _watch = await watchPower(await at.open(), heard().log, (power) => seen.push(power), {
    ...{ supplies: folder, lookMs: 10 },
  });
  await sees(seen, { percent: 12 });
  upower.say(UPOWER, { OnBattery: ['b', false] }, false);
  await sees(seen, 'mains');
});

test('UPower that says nothing leaves the battery to the kernel meanwhile', async () => {
  const seen: unknown[] = [];
  const { folder, hold } = supplies('silent');
  hold(41);
  const upower = await FakeService.make(at, UPOWER.name);
  upower.mood = 'silent';
  await upower.come();
  const bus = await at.open();
  const watching = watchPower(bus, heard().log, (power) => seen.push(power), {
    ...{ supplies: folder, lookMs: 10 },
  });
  await waitFor('UPower to be asked', () => upower.asked > 0);
  assert.equal(seen, [{ percent: 41 }]);
  bus[Symbol.dispose]();
  (await watching)[Symbol.dispose]();
});

test('a laptop that has no battery in it has no low one', async () => {
  const seen: unknown[] = [];
  const upower = await FakeService.make(at, UPOWER.name);
  upower.say(UPOWER, { OnBattery: ['b', true] }, false);
  upower.say(BATTERY, { Percentage: ['d', 0], IsPresent: ['b', false] }, false);
  await upower.come();
  using _watch = await watchPower(await at.open(), heard().log, (power) => seen.push(power), {
    ...{ supplies: join(root, 'none'), lookMs: 60_000 },
  });
  assert.equal(seen.at(-1), 'unknown');
});

test('a laptop that was to sleep and is still awake works on, whether anybody says so or not', async () => {
  const seen: boolean[] = [];
  const logind = await FakeService.make(at, 'org.freedesktop.login1');
  await logind.come();
  using _watch = await watchSleep(await at.open(), heard().log, (one) => seen.push(one), 50);
  const manager = ['/org/freedesktop/login1', 'org.freedesktop.login1.Manager'] as const;
  logind.signal(...manager, 'PrepareForSleep', 'b', [true]);
  await sees(seen, false);
  assert.equal(seen, [true, false]);
});

test('nobody waits for services that do not answer; a bus that is lost is looked for again', async () => {
  const manager = await FakeService.make(at, NETWORK.name);
  manager.mood = 'silent';
  await manager.come();
  const seen = { network: [] as string[], sleeps: [] as boolean[] };
  let joined = 0;
  const listener = {
    onPower: () => {},
    onJoined: () => {
      joined += 1;
    },
    onNetwork: (network: string) => seen.network.push(network),
    onSleep: (sleeping: boolean) => seen.sleeps.push(sleeping),
  };
  const options = { address: at.address, log: heard().log, patienceMs: 200, againMs: 50 };
  await using _watch = await LaptopWatch.start(options, listener);
  assert.equal(seen.network, [], 'the start did not wait');
  await waitFor('the question', () => manager.asked > 0);
  manager.mood = 'answers';
  manager.say(NETWORK, { State: ['u', DISCONNECTED] }, false);
  await manager.go();
  await manager.come();
  await sees(seen.network, 'down');
  await at[Symbol.asyncDispose]();
  await sees(seen.network, 'unknown');
  await sees(seen.sleeps, false); // and it does not sleep
  assert.equal(seen.sleeps, [false]);
  at = await startPrivateBus(at.address);
  const other = await FakeService.make(at, NETWORK.name);
  other.say(NETWORK, { State: ['u', CONNECTED_LOCAL] }, false);
  await other.come();
  await sees(seen.network, 'up');
  await waitFor('a network that may be another one', () => joined === 1);
});

test('a bus that takes a connection and says nothing is given up', async () => {
  const path = join(root, 'mute-bus');
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    const opened = Bus.open(`unix:path=${path}`, undefined, 50).catch((error: Error) => error);
    const answer = await opened;
    assert.match(String(answer), /there is no D-Bus/);
  } finally {
    for (const one of sockets) one.destroy();
    server.close();
  }
});

test.run();
