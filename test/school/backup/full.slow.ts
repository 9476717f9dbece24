// weight: 90
/**
 * A full disk on either side: a clear error, nothing lost, and the next run completes once
 * there is room. The disks are small tmpfs mounts, which need root.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { testIf } from '../../runner/skip.ts';
import { checkSnapshots } from '../../xs/check.ts';
import { smallDisk } from '../../xs/small-disk.ts';
import { ok, prepareLaptop, refused, sameContent } from '../keep/kept-journal.ts';
import { Laptop } from '../laptop.ts';
import { begin, stopped } from '../mortal.ts';
import { startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';

const test = suite('a full disk');

const rooted = testIf(
  runsAsRoot,
  test,
  'the tests of full disks mount small file systems, which needs root',
);

/** Takes what is left of a disk; throws when there is still room. */
function fill(ballast: string): void {
  assert.throws(() => writeFileSync(ballast, Buffer.alloc(80 << 20)), /ENOSPC/);
}

for (const [what, options, use] of [
  [
    'blocks',
    'size=24m',
    (disk: string) => writeFileSync(join(disk, 'ballast'), Buffer.alloc(18 << 20)),
  ],
  [
    'inodes',
    'size=64m,nr_inodes=500',
    (disk: string) => {
      mkdirSync(join(disk, 'ballast'));
      for (let n = 0; n < 300; n += 1) writeFileSync(join(disk, 'ballast', `${n}`), '');
    },
  ],
] as const) {
  rooted(
    `the server has no ${what} left: the run fails clearly, the next one completes`,
    async () => {
      using disk = smallDisk(options);
      const library = join(disk.path, 'library');
      mkdirSync(library);
      const settings = '[traffic]\nminFreePercent = 0';
      await using school = await startSchool({ server: { library, settings } });
      const laptop = school.laptop(0);
      generateJournal(laptop.journal, { entries: 10, seed: 1 });
      const first = await laptop.backup(['now']);
      assert.is(first.exitCode, 0, first.stderr);
      use(disk.path);
      const scratch = join(laptop.home, 'more');
      generateJournal(scratch, { entries: 120, seed: 2 });
      execFileSync('cp', ['-r', `${scratch}/.`, laptop.journal]);
      const refused = await laptop.backup(['now']);
      assert.is.not(refused.exitCode, 0, 'there is no room for it');
      assert.match(refused.stderr, /server-full/, refused.stderr);
      assert.is(
        checkSnapshots(school.server, parseSerial(laptop.serial)).size,
        1,
        'the snapshot before is whole',
      );
      rmSync(join(disk.path, 'ballast'), { recursive: true });
      execFileSync('mount', ['-o', 'remount,size=400m,nr_inodes=100000', disk.path]);
      const done = await laptop.backup(['now']);
      assert.is(done.exitCode, 0, done.stderr);
      assert.is(checkSnapshots(school.server, parseSerial(laptop.serial)).size, 2);
    },
  );
}

rooted(
  'the laptop has no room: a backup and a restore say so, and complete when there is',
  async () => {
    await using school = await startSchool({ laptops: 0 });
    using disk = smallDisk('size=60m');
    await using laptop = new Laptop(disk.path, 'laptop', () => school.server.url);
    generateJournal(laptop.journal, { entries: 40, seed: 3 });
    const ballast = join(disk.path, 'ballast');
    fill(ballast);
    const refused = await laptop.backup(['now']);
    assert.is.not(refused.exitCode, 0);
    assert.match(refused.stderr, /laptop-full/, refused.stderr);
    rmSync(ballast);
    const first = await laptop.backup(['now']);
    assert.is(first.exitCode, 0, first.stderr);
    changeJournal(laptop.journal, { count: 2, seed: 4 });
    assert.is((await laptop.backup(['now'])).exitCode, 0);
    const before = readJournal(laptop.journal);
    await laptop.loseJournal();
    await laptop.startBus();
    await laptop.countEntries();
    fill(ballast);
    const stopped = await laptop.backup(['restore', 'latest']);
    assert.is.not(stopped.exitCode, 0);
    assert.match(stopped.stderr, /laptop-full/, stopped.stderr);
    rmSync(ballast);
    const restored = await laptop.backup(['restore', 'latest']);
    assert.is(restored.exitCode, 0, restored.stderr);
    const result = compareJournals(before, readJournal(laptop.journal));
    assert.equal([result.different, result.missing, result.extra], [[], [], []]);
  },
);

rooted('with no byte free a backup is made, and content goes to school', async () => {
  await using school = await startSchool({ laptops: 0 });
  using disk = smallDisk('size=60m');
  await using laptop = new Laptop(disk.path, 'laptop', () => school.server.url);
  const { full } = await prepareLaptop(laptop);
  const [uid = ''] = full;
  changeJournal(laptop.journal, { count: 2, seed: 4 });
  const ballast = join(disk.path, 'ballast');
  try {
    writeFileSync(ballast, Buffer.alloc(64 << 20));
  } catch {
    // full, as intended
  }
  await ok(laptop, 'now');
  assert.is(checkSnapshots(school.server, parseSerial(laptop.serial)).size, 2);
  await ok(laptop, 'keep', uid);
  assert.match(await ok(laptop, 'kept', '--json'), new RegExp(uid));
  rmSync(ballast);
  await ok(laptop, 'fetch', uid);
});

rooted('a disk that has become read-only is backed up, with what changed before', async () => {
  await using school = await startSchool({ laptops: 0 });
  using disk = smallDisk('size=60m');
  await using laptop = new Laptop(disk.path, 'laptop', () => school.server.url);
  await prepareLaptop(laptop);
  await laptop.stopDatastore();
  changeJournal(laptop.journal, { count: 2, seed: 4 });
  laptop.env.XDG_RUNTIME_DIR = mkdtempSync(join(tmpdir(), 'ds-run-'));
  execFileSync('mount', ['-o', 'remount,ro', disk.path]);
  try {
    await ok(laptop, 'now');
    assert.is(checkSnapshots(school.server, parseSerial(laptop.serial)).size, 2);
    await refused(laptop, /cannot be written to \[laptop-read-only\]/, 'restore', 'latest');
  } finally {
    execFileSync('mount', ['-o', 'remount,rw', disk.path]);
    rmSync(laptop.env.XDG_RUNTIME_DIR, { recursive: true });
  }
});

rooted(
  'the laptop has no room for content that is at school: it says so, and the content comes later',
  async () => {
    await using school = await startSchool({ laptops: 0 });
    using disk = smallDisk('size=60m');
    await using laptop = new Laptop(disk.path, 'laptop', () => school.server.url);
    const { before, full } = await prepareLaptop(laptop);
    const [uid = ''] = full;
    await ok(laptop, 'keep', uid);
    const ballast = join(disk.path, 'ballast');
    fill(ballast);
    await refused(laptop, /\[laptop-full\]\nhint: /, 'fetch', uid);
    rmSync(ballast);
    for (const point of ['restore.fetched', 'fetch.fetched']) {
      const run = begin(laptop, ['fetch', uid], `${point},stop`);
      await stopped(run);
      fill(ballast);
      process.kill(run.pid, 'SIGCONT');
      await run.ended; // what it needs may be there already
      rmSync(ballast);
      await ok(laptop, 'fetch', uid);
      sameContent(laptop, before);
      await ok(laptop, 'keep', uid);
    }
    await ok(laptop, 'fetch', uid);
    sameContent(laptop, before);
  },
);

const FILLS_UP = ['restore.planned', 'restore.made', 'restore.placed:20'];

rooted(
  `the laptop fills up at ${FILLS_UP}: whole entries or none, and the next run completes`,
  async () => {
    await using school = await startSchool({ laptops: 0 });
    using disk = smallDisk('size=80m');
    await using laptop = new Laptop(disk.path, 'laptop', () => school.server.url);
    generateJournal(laptop.journal, { entries: 40, seed: 5 });
    const first = await laptop.backup(['now']);
    assert.is(first.exitCode, 0, first.stderr);
    const before = readJournal(laptop.journal);
    await laptop.startBus();
    for (const point of FILLS_UP) {
      await laptop.loseJournal();
      await laptop.countEntries();
      const run = begin(laptop, ['restore', 'latest'], `${point},stop`);
      await stopped(run);
      const ballast = join(disk.path, 'ballast');
      fill(ballast);
      process.kill(run.pid, 'SIGCONT');
      const ended = await run.ended;
      const there = compareJournals(readJournal(laptop.journal), before);
      assert.equal([there.different, there.missing], [[], []], `${point}: no entry is torn`);
      const complete = there.identical === 40;
      const complaint = ended.exitCode === 0 ? '' : ended.stderr;
      const expected = complete ? /^$|laptop-full|disk/ : /laptop-full|disk/;
      assert.match(complaint, expected, `${point}: ${complaint}`);
      rmSync(ballast);
      await laptop.stopDatastore(); // it may have given up for want of room, as Sugar's does
      const restored = await laptop.backup(['restore', 'latest']);
      assert.is(restored.exitCode, 0, restored.stderr);
      const result = compareJournals(before, readJournal(laptop.journal));
      assert.equal([result.different, result.missing, result.extra], [[], [], []]);
      assert.is(await laptop.countEntries(), 40, `${point}: Sugar shows them all`);
    }
  },
);

test.run();
