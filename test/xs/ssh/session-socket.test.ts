import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Serial } from '../../../shared/ids.ts';
import { openSessionSocket } from '../../../xs/ssh/session-socket.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { uploadGate } from '../../../xs/traffic/leases.ts';
import { CALM } from '../../../xs/traffic/pressure.ts';
import { Traffic } from '../../../xs/traffic/traffic.ts';
import { waitFor } from '../../runner/patience.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from '../whole.ts';
import { CAPS, sessionCommand } from './session.ts';

const test = suite('a session without a lease asks the service, with its address');

const roomy = { freeBytes: 1e12, usedBytes: 1e9, freeBlocks: 0.5, freeInodes: 0.5 };
const rules = { slots: 8, restoreSlots: 1, leaseSeconds: 120, minFreePercent: 3, perSubnet: 1 };

test('an access network takes as many uploads as anywhere else', async () => {
  await using whole = await openWhole();
  const { library } = whole;
  const traffic = new Traffic(library.clock, rules);
  await using _socket = await openSessionSocket({
    library,
    onChannel: () => {},
    mayUpload: uploadGate(
      traffic,
      (serial) => library.registrations.isActive(serial),
      async () => ({ disk: roomy, pressure: CALM }),
    ),
  });
  const laptop = (n: number) => {
    library.registrations.register(serialOf(n), `child ${n}`, 'u', dsaKey(n));
    return serialOf(n);
  };
  const [first, second, elsewhere, six, nowhere] = [
    laptop(2),
    laptop(3),
    laptop(4),
    laptop(5),
    laptop(6),
  ];
  const upload = (serial: Serial, connection: string | undefined) =>
    said(whole, serial, connection);
  assert.not.match(await upload(first, '10.0.3.7 50000 10.0.0.1 22'), 'refused');
  assert.match(
    await upload(second, '10.0.3.9 50000 10.0.0.1 22'),
    /access-point-busy, come back in/,
  );
  assert.not.match(
    await upload(first, '10.0.3.7 50001 10.0.0.1 22'),
    'refused',
    'it has its lease',
  );
  assert.not.match(await upload(elsewhere, '10.0.4.9 50000 10.0.0.1 22'), 'refused');
  assert.not.match(await upload(six, 'fe80::1%wlan0 50000 fe80::2 22'), 'refused');
  assert.not.match(await upload(nowhere, undefined), 'refused', 'an address nobody knows');
  library.registrations.retire(second);
  assert.match(await upload(second, '10.0.3.9 50000 10.0.0.1 22'), /out of use/);
});

test('a laptop has so many control channels and no more; each that ends makes room', async () => {
  await using whole = await openWhole();
  const { library } = whole;
  const open: Socket[] = [];
  await using _socket = await openSessionSocket({
    library,
    onChannel: (_serial, socket) => {
      open.push(socket.resume().on('end', () => socket.end()));
    },
    mayUpload: async () => 'yes',
  });
  for (const n of [2, 3]) library.registrations.register(serialOf(n), 'u', 'u', dsaKey(n));
  const channels: Socket[] = [];
  const dial = async (n: number): Promise<'open' | 'closed'> => {
    const before = open.length;
    const channel = connect(inState(library.paths).apiSocket);
    channels.push(channel.on('error', () => {}));
    const closed = once(channel, 'close').then(() => 'closed' as const);
    channel.resume().write(`ds-backup 1 ${serialOf(n)}\n`);
    const opened = waitFor('a channel', () => open.length > before || channel.destroyed);
    return (await Promise.race([closed, opened])) === 'closed' || channel.destroyed
      ? 'closed'
      : 'open';
  };
  const greedy: string[] = [];
  for (let n = 0; n < 20; n += 1) greedy.push(await dial(2));
  assert.is(greedy.filter((one) => one === 'open').length, 12);
  assert.is(greedy.at(-1), 'closed');
  assert.is(await dial(3), 'open', 'another laptop');
  channels[0]?.destroy();
  await waitFor('room again', async () => (await dial(2)) === 'open');
  for (const channel of channels) channel.destroy();
});

/** What a laptop without a lease is told when it uploads. */
async function said(
  { library }: WholeLibrary,
  serial: Serial,
  connection: string | undefined,
): Promise<string> {
  const words = sessionCommand(library.paths, serial, { hasLease: false });
  const child = spawn('sh', words, {
    env: {
      PATH: process.env.PATH,
      SSH_ORIGINAL_COMMAND: `rsync --server -ltrz${CAPS} . incoming`,
      ...(connection && { SSH_CONNECTION: connection }),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  for await (const piece of child.stderr) text += piece;
  return text;
}

test.run();
