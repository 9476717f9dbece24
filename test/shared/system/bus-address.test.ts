import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asDsError } from '../../../shared/errors.ts';
import { Bus, DAEMON } from '../../../shared/system/bus.ts';
import { addressOf, pickAddress } from '../../../shared/system/bus-address.ts';
import { waitFor } from '../../runner/patience.ts';
import { startDaemon } from '../../school/processes.ts';

const test = suite('the address of a bus');

const PICKED: [list: string, picked: string][] = [
  ['unix:path=/run/user/1000/bus', 'unix:socket=/run/user/1000/bus'],
  ['unix:path=/a,guid=0123', 'unix:socket=/a'],
  ['unix:path=/home/a%20b/%c3%b1/%42us', 'unix:socket=/home/a b/ñ/Bus'],
  ['autolaunch:;unix:path=/nowhere/a;unix:path=/dev/null', 'unix:socket=/dev/null'],
  ['unix:abstract=nobody;unix:path=/dev/null', 'unix:socket=/dev/null'],
  ['unix:path=/nowhere/a;unix:path=/nowhere/b', 'unix:socket=/nowhere/a'],
  ['unix:runtime=yes', 'unix:socket=/run/me/bus'],
  ['tcp:host=127.0.0.1,port=12,family=ipv4', 'tcp:host=127.0.0.1,port=12'],
  ['', ''],
];
for (const [list, picked] of PICKED) {
  test(`${JSON.stringify(list)} is ${JSON.stringify(picked)}`, () => {
    assert.is(pickAddress(list, '/run/me'), picked);
  });
}

test('what nothing can connect to is an error in words', () => {
  for (const list of ['autolaunch:', 'nonsense', 'unix:', 'unix:path=/a%3ab', 'unix:tmpdir=/tmp']) {
    try {
      assert.unreachable(pickAddress(list));
    } catch (error) {
      assert.is(asDsError(error).code, 'missing-tool', list);
    }
  }
});

/** Asks a real bus that listens at `address` by way of `list`. */
async function askAt(address: string, list = address): Promise<unknown> {
  const args = ['--session', '--nofork', `--address=${address}`, '--print-address=1'];
  const daemon = startDaemon('dbus-daemon', args, process.env);
  try {
    await daemon.line(/^unix:/);
    using bus = await Bus.open(list);
    const [id] = await bus.call(DAEMON, 'GetId');
    return id;
  } finally {
    await daemon.stop();
  }
}

test('a bus that ends is noticed, also by whoever asks it nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-bus-'));
  const address = addressOf(join(folder, 'bus'));
  const daemon = startDaemon(
    'dbus-daemon',
    ['--session', '--nofork', `--address=${address}`],
    process.env,
  );
  try {
    await waitFor('the bus', async () => existsSync(join(folder, 'bus')) || undefined);
    using bus = await Bus.open(address);
    process.kill(daemon.pid, 'SIGKILL');
    assert.match(await bus.lost.catch(String), /the connection to the bus is lost/);
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true });
  }
});

test('a real bus is reached at an abstract socket, and in a folder with a name of any kind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-bus-'));
  try {
    const abstract = `unix:abstract=ds-backup-test-${process.pid}`;
    assert.match(String(await askAt(abstract)), /^[0-9a-f]{32}$/);
    const inside = join(folder, "María's 100%");
    mkdirSync(inside);
    const address = addressOf(join(inside, 'bus'));
    const list = `unix:path=${folder}/absent;unix:abstract=ds-nobody;${address}`;
    assert.match(String(await askAt(address, list)), /^[0-9a-f]{32}$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
