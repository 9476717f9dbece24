/**
 * A laptop gets an entry back that the original program saved sixteen years ago, over our own way:
 * the library is adopted under a real server, whose sessions are another user than the
 * original's files belong to.
 */
import {
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../../shared/clock.ts';
import { type Digest, parseSerial, type Serial } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { lockFile } from '../../../shared/system/lock.ts';
import { type AdoptContext, adoptLaptop } from '../../../xs/legacy/adopt.ts';
import { Timeline } from '../../../xs/retention/timeline.ts';
import { makeReadableFolder } from '../../../xs/storage/ownership.ts';
import { inCompletion, inLaptop, inPool } from '../../../xs/storage/paths.ts';
import { openPool } from '../../../xs/storage/pool.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import { scaled, waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { checkSnapshots } from '../../xs/check.ts';
import { nameOf, snapshotRaw, trashOf } from '../../xs/legacy/original-library.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';

const test = suite('what the original program saved comes back to a laptop');

const rooted = testIf(runsAsRoot, test, 'files of another account can be made by root only');

/** The account a laptop had on the original's server. */
const OLD_UID = 64_990;

async function ok(laptop: Laptop, ...args: string[]) {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done;
}

function contextOf(school: School, serial: Serial): AdoptContext {
  const paths = school.server;
  const home = lstatSync(inLaptop(paths, serial).home);
  const session = lstatSync(inLaptop(paths, serial).incoming);
  const ownership = { ownUid: home.uid, sessionUid: session.uid, sessionGid: home.gid };
  const timeline = new Timeline(paths, realClock);
  const pool = openPool(paths, ownership);
  return { paths, ownership, pool, timeline, env: process.env, log: silentLog };
}

function giveAll(folder: string, uid: number): void {
  chownSync(folder, uid, uid);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(folder, name), uid, uid);
  }
}

async function adoptUnderLock(context: AdoptContext, serial: Serial) {
  const { paths, env } = context;
  const trash = trashOf(paths);
  makeReadableFolder(context.ownership, trash);
  const lock = inLaptop(paths, serial).sessionLock;
  await using _held = await lockFile(lock, { env, waitSeconds: scaled(5) });
  const discard = (folder: string, name: string) => renameSync(folder, join(trash, name));
  return await adoptLaptop(context, serial, { discard });
}

/** A file of the pool, by what is in it. */
function poolFile(context: AdoptContext, digest: string) {
  return lstatSync(inPool(context.paths, digest as Digest).file(0));
}

rooted('a restore brings the whole old Journal, every property and every byte', async () => {
  await using school = await startSchool({ server: { as: 'root' } });
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 3, seed: 6 });
  await ok(laptop, 'now');
  const serial = parseSerial(laptop.serial);
  const { home, original, latest } = inLaptop(school.server, serial);
  generateJournal(original, { entries: 20, seed: 7 });
  const old = readJournal(original);
  const raw = snapshotRaw(school.server, serial, nameOf(8));
  giveAll(raw, OLD_UID);
  const context = contextOf(school, serial);
  const [adopted] = await adoptUnderLock(context, serial);
  assert.equal([adopted?.sequence, adopted?.entries, adopted?.leftOut], [0, 20, []]);
  assert.is(checkSnapshots(school.server, serial).size, 2);
  const digest = [...old.values()].map((files) => files.get('data')).find(Boolean) ?? '';
  const stat = poolFile(context, digest);
  assert.equal([stat.uid, stat.mode & 0o777], [context.ownership.ownUid, 0o440]);
  assert.ok(stat.nlink >= 4, 'shared with the mirror and the tree in the trash');

  await laptop.loseJournal();
  await laptop.startBus();
  const { summary: done } = JSON.parse((await ok(laptop, 'restore', nameOf(8), '--json')).stdout);
  assert.is(done.restored, 20, JSON.stringify(done));
  const { identical, different, missing } = compareJournals(old, readJournal(laptop.journal));
  assert.equal([identical, different, missing], [20, [], []]);
  await ok(laptop, 'now');
  assert.is(checkSnapshots(school.server, serial).size, 3);
  assert.is(compareJournals(old, readJournal(original)).identical, 20, 'the mirror is as it was');
  assert.ok(readFileSync(join(latest, 'MANIFEST'), 'utf8').includes(serial));
  assert.equal(
    readdirSync(home).filter((name) => name.startsWith('.adopting')),
    [],
  );
});

/** What a laptop with Sugar 0.82 has in its `store`. */
function putOld(root: string, uid: string, title: string, content: string, preview: Buffer): void {
  mkdirSync(join(root, 'store', 'preview'), { recursive: true });
  const properties = { title, mime_type: 'text/plain', mtime: '2008-07-25T12:00:00', keep: 1 };
  writeFileSync(join(root, 'store', `${uid}.metadata`), JSON.stringify(properties));
  writeFileSync(join(root, 'store', uid), content);
  writeFileSync(join(root, 'store', 'preview', uid), preview);
}

rooted(
  'a Journal of Sugar 0.82 comes back to a laptop of today, from an old copy and from a live mirror',
  async () => {
    await using school = await startSchool({ server: { as: 'root' } });
    const laptop = school.laptop(0);
    generateJournal(laptop.journal, { entries: 2, seed: 6 });
    await ok(laptop, 'now');
    const serial = parseSerial(laptop.serial);
    const { original } = inLaptop(school.server, serial);
    const preview = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]);
    const uids = [1, 2, 3].map((n) => `0000000${n}-0000-4000-8000-000000000000`);
    for (const uid of uids) putOld(original, uid, `Tortuga ${uid[7]}`, `forward ${uid}`, preview);
    snapshotRaw(school.server, serial, nameOf(8));
    const [adopted] = await adoptUnderLock(contextOf(school, serial), serial);
    assert.equal([adopted?.entries, adopted?.leftOut], [3, []]);
    // The original client says that its mirror is complete.
    writeFileSync(inCompletion(school.server).waiting(serial), '');
    const live = await waitFor('a snapshot of the mirror', () => {
      const newest = newestSnapshot(school.server, serial);
      return newest?.source === 'original' ? newest : undefined;
    });
    assert.is(live.entries, 3);
    for (const name of [nameOf(8), live.name]) {
      await laptop.loseJournal();
      await laptop.startBus();
      const { summary } = JSON.parse((await ok(laptop, 'restore', name, '--json')).stdout);
      assert.is(summary.restored, 3, `${name}: ${JSON.stringify(summary)}`);
      for (const uid of uids) {
        const folder = join(laptop.journal, uid.slice(0, 2), uid);
        const read = (file: string) => readFileSync(join(folder, file));
        assert.is(String(read('data')), `forward ${uid}`);
        assert.is(String(read('metadata/title')), `Tortuga ${uid[7]}`);
        assert.is(String(read('metadata/timestamp')), '1216987200');
        assert.equal(read('metadata/preview'), preview);
      }
      await laptop.stopDatastore();
    }
  },
);

test.run();
