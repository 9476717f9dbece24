import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lockFile } from '../../../shared/system/lock.ts';
import { waitFor } from '../../runner/patience.ts';
import { temporaryFolder } from '../folder.ts';
import { refusedLater } from '../refused.ts';

const test = suite('lock');
const folder = temporaryFolder(test);
const env = { PATH: process.env.PATH };
let count = 0;

function fresh(): string {
  count += 1;
  return join(folder, `lock ${count}`); // a blank, as in a home folder's name
}

const now = { env, waitSeconds: 0 };

test('one exclusive holder shuts out every other', async () => {
  const path = fresh();
  await using _held = await lockFile(path, now);
  const error = await refusedLater(lockFile(path, now), 'busy', /is locked by another program/);
  assert.is(error.retry, true);
  await refusedLater(lockFile(path, { ...now, shared: true }), 'busy');
});

test('shared holders let each other in, and no exclusive one', async () => {
  const path = fresh();
  const first = await lockFile(path, { ...now, shared: true });
  const second = await lockFile(path, { ...now, shared: true });
  await refusedLater(lockFile(path, now), 'busy');
  await first.release();
  await refusedLater(lockFile(path, now), 'busy');
  await second.release();
  await (await lockFile(path, now)).release();
});

test('is free again when release() has come back, and at the end of `await using`', async () => {
  const path = fresh();
  for (let round = 0; round < 3; round += 1) {
    await using _lock = await lockFile(path, now);
  }
  const lock = await lockFile(path, now);
  await lock.release();
  await lock.release(); // twice does no harm
  await (await lockFile(path, now)).release();
});

test('waits for the other holder, and takes over', async () => {
  const path = fresh();
  const first = await lockFile(path, now);
  let taken = false;
  const waiting = lockFile(path, { env, waitSeconds: 10 }).then((lock) => {
    taken = true;
    return lock;
  });
  // As the kernel lists one that is blocked.
  const waits = new RegExp(`-> FLOCK .*:${statSync(path).ino} `);
  await waitFor('it to wait', () => waits.test(readFileSync('/proc/locks', 'utf8')));
  assert.is(taken, false);
  await first.release();
  await (await waiting).release();
});

test('gives up after the time it was told', async () => {
  const path = fresh();
  await using _held = await lockFile(path, now);
  const start = performance.now();
  await refusedLater(lockFile(path, { env, waitSeconds: 0.3 }), 'busy');
  const ms = performance.now() - start;
  assert.ok(ms > 250 && ms < 3000, `${ms} ms`);
});

test('waiting can be aborted', async () => {
  const path = fresh();
  await using _held = await lockFile(path, now);
  const stop = new AbortController();
  const waiting = lockFile(path, { env, waitSeconds: 60, signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  const [outcome] = await Promise.allSettled([waiting]);
  assert.is((outcome as PromiseRejectedResult).reason.name, 'AbortError');
});

test('goes with its holder, however that ends', async () => {
  const path = fresh();
  const script = `
    import { lockFile } from '${new URL('../../../shared/system/lock.ts', import.meta.url).href}';
    await lockFile(process.argv[1], { env: process.env, waitSeconds: 0 });
    console.log('held');
    setInterval(() => {}, 1000);`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script, path];
  const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  await refusedLater(lockFile(path, now), 'busy');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (await lockFile(path, { env, waitSeconds: 5 })).release();
});

test('is the lock that flock(1) takes in a shell script', async () => {
  const path = fresh();
  const other = spawn('flock', [path, 'sh', '-c', 'echo held; exec cat'], { env });
  await once(other.stdout, 'data');
  await refusedLater(lockFile(path, now), 'busy');
  other.stdin.end();
  await once(other, 'exit');
  await (await lockFile(path, now)).release();
});

test('needs no other process while it is held, and no child of ours inherits it', async () => {
  const path = fresh();
  const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim();
  const before = children();
  await using lock = await lockFile(path, now);
  assert.is(children(), before);
  const child = spawn('sleep', ['60'], { env });
  await once(child, 'spawn');
  await lock.release();
  await (await lockFile(path, now)).release();
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('a place where no lock can be is an error with its reason', async () => {
  await refusedLater(lockFile(join(folder, 'no', 'such'), now), 'internal', /ENOENT|No such file/);
});

test.run();
