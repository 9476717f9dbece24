import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../../shared/clock.ts';
import type { Serial } from '../../../shared/ids.ts';
import type { LogFields } from '../../../shared/log.ts';
import { watchRoom } from '../../../xs/ssh/room-watch.ts';
import { floorOf } from '../../../xs/ssh/session-files.ts';
import { inCompletion, inLaptop, inState } from '../../../xs/storage/paths.ts';
import { waitFor } from '../../runner/patience.ts';
import { makeLibrary, SERIAL, type TestLibrary } from '../library.ts';
import { serialOf } from '../whole.ts';
import { CAPS, sessionCommand } from './session.ts';

const test = suite('room on the disk while sessions run');

/** A session whose rsync has greeted and waits for its client. */
async function startUpload(library: TestLibrary, serial: Serial, target = 'incoming') {
  const child = spawn('sh', sessionCommand(library.paths, serial), {
    env: {
      PATH: process.env.PATH,
      SSH_ORIGINAL_COMMAND: `rsync --server -trIz${CAPS} . ${target}`,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Of the machine, in seconds: the start of a session is known by this clock, to its ticks. */
const uptime = () => Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
const SEVERAL_TICKS = 0.05;

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

test('below the floor, the session that wrote the most is ended, and what it wrote is removed', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const [greedy, honest] = [SERIAL, serialOf(2)];
  library.addLaptop(honest);
  const { incoming, mirror } = inLaptop(paths, greedy);
  writeFileSync(join(mirror('documents'), 'of yesterday'), 'x');
  const before = uptime();
  await waitFor('it is older than any session', () => uptime() - before >= SEVERAL_TICKS);
  const sessions = [
    await startUpload(library, honest),
    await startUpload(library, greedy),
  ] as const;
  let free = 10;
  const events: LogFields[] = [];
  const note = (event: string, fields: LogFields = {}) => void events.push({ event, ...fields });
  const log = { info: note, warn: note };
  const floor = { bytes: 5, inodes: 5 };
  const given = { paths, clock: realClock, log, env: process.env, floor };
  let looks = 0;
  const look = async () => {
    looks += 1;
    return { bytes: 100, inodes: free };
  };
  await using _watch = watchRoom({ ...given, free: look });
  mkdirSync(join(incoming, 'deep'));
  for (let n = 0; n < 300; n += 1) writeFileSync(join(incoming, 'deep', `${n}`), 'x');
  writeFileSync(join(incoming, 'one'), Buffer.alloc(100_000));
  writeFileSync(join(inLaptop(paths, honest).incoming, 'part'), 'x');
  await waitFor('it looks', () => looks > 2);
  assert.equal(events, [], 'there is room');
  free = 4;
  await waitFor('a session is ended', () => events.length > 0);
  free = 10;
  assert.is.not(await ended(sessions[1]), 0);
  await waitFor('it is removed', () => readdirSync(incoming).length === 0);
  assert.equal(readdirSync(mirror('documents')), ['of yesterday']);
  assert.is(sessions[0].exitCode, null, 'the others go on');
  assert.equal(readdirSync(inLaptop(paths, honest).incoming), ['part']);
  assert.match(JSON.stringify(events), /"event":"session-ended","serial":"CSN74803BB1"/);
  sessions[0].kill();
  sessions[0].stdin?.destroy();
  await ended(sessions[0]);
});

test('nobody may upload: the disk is left alone until somebody may', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { leasesFolder, lease } = inState(paths);
  mkdirSync(leasesFolder, { recursive: true });
  let looks = 0;
  const free = async () => {
    looks += 1;
    return { bytes: 100, inodes: 100 };
  };
  const floor = { bytes: 5, inodes: 5 };
  const log = { info: () => {}, warn: () => {} };
  const slept: number[] = [];
  const sleep = (ms: number, signal?: AbortSignal) => {
    slept.push(ms);
    return realClock.sleep(ms, signal);
  };
  await using _watch = watchRoom({
    ...{ paths, clock: { ...realClock, sleep }, log, env: process.env, floor, free },
  });
  await waitFor('it waits', () => slept.length > 0);
  await setImmediate();
  assert.equal([slept, looks], [[30_000], 0]);
  writeFileSync(lease(SERIAL), '');
  await waitFor('it looks', () => looks > 2);
  rmSync(lease(SERIAL));
});

test('the floor is a share of the disk, and a tenth of the inodes of a small one at most', () => {
  assert.equal(floorOf({ bytes: 0, inodes: 15_000_000 }, 7), { bytes: 7, inodes: 300_000 });
  assert.equal(floorOf({ bytes: 0, inodes: 30_000 }, 7), { bytes: 7, inodes: 3000 });
  assert.equal(floorOf({ bytes: 0, inodes: Number.POSITIVE_INFINITY }, 7).inodes, 0);
});

test('a session that cannot begin says why, to the laptop and to the service', async () => {
  using library = makeLibrary();
  const lines: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.setEncoding('latin1').on('data', (text: string) => void lines.push(text));
    socket.on('end', () => socket.end());
  });
  const { apiSocket } = inState(library.paths);
  await new Promise<void>((resolve) => server.listen(apiSocket, resolve));
  try {
    const words = sessionCommand(library.paths, SERIAL);
    const { sessionLock } = inLaptop(library.paths, SERIAL);
    rmSync(sessionLock);
    symlinkSync('/nowhere/at/all', sessionLock);
    const child = spawn('sh', words, {
      env: {
        PATH: process.env.PATH,
        SSH_ORIGINAL_COMMAND: `rsync --server -trIz${CAPS} . incoming`,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    for await (const piece of child.stderr) said += piece;
    assert.match(said, /flock: cannot open lock file/);
    await waitFor('the service is told', () => lines.length > 0);
    assert.match(lines.join(''), /^ds-backup-failed 1 CSN74803BB1 \d+ flock: cannot open lock/);
  } finally {
    server.close();
  }
});

test('a completion is one file of bounded size, whatever is sent', async () => {
  using library = makeLibrary();
  const { drop, waiting } = inCompletion(library.paths);
  writeFileSync(join(drop(SERIAL), '.left.abcdef'), 'of an earlier version');
  const source = join(library.folder, 'source');
  mkdirSync(join(source, 'deep'), { recursive: true });
  for (const name of ['one', 'deep/two']) writeFileSync(join(source, name), 'x'.repeat(1000));
  const [script, conf, serial] = sessionCommand(library.paths, SERIAL);
  const shell = join(library.folder, 'rsh');
  const text = `shift; SSH_ORIGINAL_COMMAND="$*" exec sh ${script} ${conf} ${serial}`;
  writeFileSync(shell, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const send = async (what: string) => {
    const target = `host:/var/lib/ds-backup/completion/${SERIAL}`;
    const child = spawn('rsync', ['-rltz', '-e', shell, what, target], { stdio: 'ignore' });
    return ended(child);
  };
  assert.is.not(await send(`${source}/`), 0);
  assert.equal(
    readdirSync(drop(SERIAL)).filter((name) => name !== '.receiving'),
    [],
  );
  assert.not(existsSync(waiting(SERIAL)));
  writeFileSync(join(source, 'large'), Buffer.alloc(20 << 20, 1));
  assert.is.not(await send(join(source, 'large')), 0);
  assert.not(existsSync(waiting(SERIAL)));
  assert.is(await send(join(source, 'one')), 0);
  assert.ok(existsSync(waiting(SERIAL)));
  assert.equal(readdirSync(drop(SERIAL)), []);
});

test.run();
