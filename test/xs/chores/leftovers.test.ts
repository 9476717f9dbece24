import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { lockFile } from '../../../shared/system/lock.ts';
import { removeOldUploads } from '../../../xs/chores/leftovers.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { openWhole, testClock } from '../whole.ts';

const test = suite('what sessions left and no backup has');

test('it is counted, in subfolders too, and status names the laptop', async () => {
  await using whole = await openWhole('');
  const { paths } = whole.library;
  const { incoming, mirror } = inLaptop(paths, SERIAL);
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
  await whole.command('cleanup');
  assert.not.match(await whole.command('status'), 'unfinished');
  mkdirSync(join(incoming, '.part'));
  for (const folder of [join(incoming, '.part'), mirror('documents'), mirror('power-logs')]) {
    writeFileSync(join(folder, 'x'), Buffer.alloc(1_000_000, 1));
  }
  writeFileSync(join(inCompletion(paths).drop(SERIAL), 'x'), Buffer.alloc(1_000_000, 1));
  await whole.command('cleanup');
  const { leftovers } = JSON.parse(await whole.command('status', [], { json: true }));
  assert.is(leftovers.length, 1);
  assert.ok(leftovers[0].bytes >= 4_000_000, JSON.stringify(leftovers));
  assert.match(await whole.command('status'), /unfinished 4\S* MB that no backup has: Jocinta\n/);
});

test('old uploads are removed, but nothing of a mirror, and nothing while a session runs', async () => {
  const clock = testClock(new Date().toISOString());
  await using whole = await openWhole('', { clock });
  const { library } = whole;
  const { incoming, mirror, sessionLock } = inLaptop(library.paths, SERIAL);
  const drop = inCompletion(library.paths).drop(SERIAL);
  mkdirSync(join(incoming, '.part'));
  const uploads = [join(incoming, 'a'), join(incoming, '.part', 'b'), join(drop, 'c')];
  const kept = join(mirror('documents'), 'd');
  for (const path of [...uploads, kept]) writeFileSync(path, 'x');
  await removeOldUploads(library, SERIAL);
  assert.ok(uploads.every(existsSync));
  clock.pass(91 * DAY_MS);
  const lock = await lockFile(sessionLock, { env: process.env, waitSeconds: 0, shared: true });
  await removeOldUploads(library, SERIAL);
  assert.ok(uploads.every(existsSync));
  await lock.release();
  await removeOldUploads(library, SERIAL);
  assert.equal([...readdirSync(incoming), ...readdirSync(drop)], []);
  assert.ok(existsSync(kept));
  rmSync(kept);
});

test.run();
