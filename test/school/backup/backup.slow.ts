// weight: 55
/**
 * The whole way for real: register, back up, change, back up, lose everything, restore.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { readNotSafe } from '../../../xs/storage/not-safe.ts';
import { hostKey, inLaptop, inState } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, type JournalSums, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { checkSnapshots } from '../../xs/check.ts';
import type { Laptop } from '../laptop.ts';
import { startDaemon } from '../processes.ts';
import { type School, startSchool } from '../school.ts';

const test = suite('a Journal goes to school and comes back');

/** Scenes that leave the server as it is share one; each has a laptop of its own. */
let school: School;

test.before(async () => {
  school = await startSchool({ laptops: 0 });
});

test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

async function ok(laptop: Laptop, ...args: string[]) {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done;
}

function checkEverySnapshot(school: School, laptop: Laptop): number {
  return checkSnapshots(school.server, parseSerial(laptop.serial)).size;
}

test('lose everything, get everything back: every property and every byte', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 60, seed: 1 });
  await ok(laptop, 'now');
  assert.ok(existsSync(join(laptop.profile, 'ds-backup-done')));
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  await laptop.startBus();
  assert.is(await laptop.countEntries(), 0);
  const { summary: restored } = JSON.parse(
    (await ok(laptop, 'restore', 'latest', '--json')).stdout,
  );
  assert.is(restored.restored, 60, JSON.stringify(restored));
  const result = compareJournals(before, readJournal(laptop.journal));
  assert.equal(
    [result.identical, result.different, result.missing, result.extra],
    [60, [], [], []],
  );
  assert.is(await laptop.countEntries(), 60);

  const { summary: again } = JSON.parse((await ok(laptop, 'restore', 'latest', '--json')).stdout);
  assert.equal([again.restored, again.alreadyHere], [0, 60], 'a second restore has nothing to do');
  await ok(laptop, 'now');
  assert.is(checkEverySnapshot(school, laptop), 1, 'a restored Journal is the same Journal');
});

test('a day without changes makes no snapshot, a changed one travels as a difference', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 60, seed: 2 });
  const { summary: first } = JSON.parse((await ok(laptop, 'now', '--json')).stdout);
  await ok(laptop, 'now');
  assert.is(checkEverySnapshot(school, laptop), 1);
  changeJournal(laptop.journal, { count: 3, seed: 3 });
  const { summary: second } = JSON.parse((await ok(laptop, 'now', '--json')).stdout);
  assert.is(checkEverySnapshot(school, laptop), 2);
  assert.ok(second.changed >= 1 && second.changed <= 6, JSON.stringify(second));
  assert.ok(second.sentBytes < first.sentBytes / 3);
});

test('an older version comes back beside the one that is there', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 12, seed: 4 });
  await ok(laptop, 'now');
  const before = readJournal(laptop.journal);
  changeJournal(laptop.journal, { count: 2, seed: 5 });
  const changed = readJournal(laptop.journal);
  const [uid] = changedEntries(before, changed);
  assert.ok(uid);
  await laptop.startBus();
  const start = Date.now();
  const { summary: one } = JSON.parse(
    (await ok(laptop, 'restore', 'latest', '--entry', uid, '--json')).stdout,
  );
  assert.is(one.beside, 1, JSON.stringify(one));
  const after = readJournal(laptop.journal);
  assert.is(after.size, changed.size + 1);
  const kept = compareJournals(changed, after);
  assert.equal([kept.different, kept.missing], [[], []], 'what was there stays as it was');
  await ok(laptop, 'restore', 'latest', '--entry', uid);
  assert.is(readJournal(laptop.journal).size, changed.size + 1, 'a second time adds nothing');
  const [beside = ''] = [...after.keys()].filter((key) => !changed.has(key));
  assert.ok(isAtTop(laptop, beside, start), 'a child finds it at the top of her Journal');
  await laptop.stopDatastore();
  for (const file of ['data', 'metadata/title', 'metadata/uid', 'metadata/preview']) {
    if (existsSync(inEntry(laptop, beside, file))) writeFileSync(inEntry(laptop, beside, file), '');
  }
  const mended = await ok(laptop, 'restore', 'latest', '--entry', uid, '--json');
  assert.is(JSON.parse(mended.stdout).summary.beside, 1, 'what a power cut tore is made whole');
  const whole = new Map([[beside, after.get(beside)]]) as JournalSums;
  const again = compareJournals(whole, readJournal(laptop.journal));
  assert.equal(
    [again.missing, again.different.filter((one) => !/: \S*timestamp$/.test(one))],
    [[], []],
  );
  await laptop.stopDatastore();
  writeFileSync(inEntry(laptop, beside, 'metadata/title'), 'mine');
  await ok(laptop, 'restore', 'latest', '--entry', uid);
  assert.is(readFileSync(inEntry(laptop, beside, 'metadata/title'), 'utf8'), 'mine', 'hers stays');
  const [gone = ''] = [...before.keys()].filter((key) => key !== uid);
  await laptop.datastore('delete', gone);
  await ok(laptop, 'restore', 'latest', '--entry', gone);
  assert.ok(isAtTop(laptop, gone, start), 'also what was deleted');
  const { summary: complete } = JSON.parse(
    (await ok(laptop, 'restore', 'latest', '--json')).stdout,
  );
  const others = changedEntries(before, changed).filter((key) => ![uid, gone].includes(key));
  assert.equal([complete.restored, complete.beside], [0, others.length], 'and it is the same work');
  assert.is(readJournal(laptop.journal).size, after.size + others.length);
});

function changedEntries(before: JournalSums, after: JournalSums): string[] {
  const { different } = compareJournals(before, after);
  return different.map((line) => line.slice(0, line.indexOf(':')));
}

const inEntry = ({ journal }: Laptop, uid: string, file: string) =>
  join(journal, uid.slice(0, 2), uid, file);

/** Sugar sorts by the time that an entry was worked on last: here, since `start`. */
function isAtTop(laptop: Laptop, uid: string, start: number): boolean {
  const time = Number(readFileSync(inEntry(laptop, uid, 'metadata/timestamp'), 'utf8'));
  return time >= Math.floor(start / 1000) && time <= Date.now() / 1000;
}

test('a laptop that lost its state, not its Journal, learns it again and sends nothing twice', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 30, seed: 6 });
  await ok(laptop, 'now');
  for (const name of readdirSync(join(laptop.profile, 'ds-backup'))) {
    if (name.startsWith('state.db')) rmSync(join(laptop.profile, 'ds-backup', name));
  }
  await ok(laptop, 'now');
  assert.is(checkEverySnapshot(school, laptop), 1);
  changeJournal(laptop.journal, { count: 1, seed: 7 });
  await ok(laptop, 'now');
  assert.is(checkEverySnapshot(school, laptop), 2);
});

test('a server that lost its database serves on (rebuilt from the disk)', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 10, seed: 8 });
  await ok(laptop, 'now');
  await school.server.daemon.stop();
  for (const name of readdirSync(school.server.state)) {
    if (name.startsWith('xs.db')) rmSync(join(school.server.state, name));
  }
  await school.server.start();
  const [command = '', ...rest] = school.server.command;
  const config = ['--config', school.server.configFile];
  const listed = await laptop.run(command, [...rest, 'laptops', '--json', ...config]);
  assert.is(JSON.parse(listed.stdout).laptops[0].snapshots, 1, listed.stderr);
  changeJournal(laptop.journal, { count: 1, seed: 9 });
  await ok(laptop, 'now');
});

test('two laptops, one slot: the second is told when to come', async () => {
  await using school = await startSchool({
    laptops: 2,
    server: { settings: '[traffic]\nslots = 1' },
  });
  for (const laptop of school.laptops) {
    generateJournal(laptop.journal, { entries: 5, seed: 10 });
    await ok(laptop, 'now'); // registers; its lease ends with its session
  }
  const held = await fetch(`${school.server.url}/backup/1/available/${school.laptop(0).serial}`);
  assert.is(held.status, 200);
  changeJournal(school.laptop(1).journal, { count: 1, seed: 11 });
  const refused = await school.laptop(1).backup(['now']);
  assert.is(refused.exitCode, 75, refused.stderr);
  assert.match(refused.stderr, /server-busy/);
});

test('one run at a time, also beside the original client', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 5, seed: 12 });
  await ok(laptop, 'now');
  const lock = join(laptop.profile, 'lock', 'ds-backup.run');
  const held = ['sh', '-c', 'echo held; exec sleep infinity'];
  const holder = startDaemon('flock', [lock, ...held], laptop.env);
  try {
    await holder.line(/held/);
    const refused = await laptop.backup(['now']);
    assert.is(refused.exitCode, 75, refused.stderr);
    assert.match(refused.stderr, /busy/);
  } finally {
    await holder.kill();
  }
  await ok(laptop, 'now');
});

test('another server under the same address is not trusted, until a person says so', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 5, seed: 13 });
  await ok(laptop, 'now');
  await school.server.daemon.stop();
  for (const key of [hostKey(school.server), inState(school.server).hostKeyCopy]) rmSync(key);
  await school.server.start();
  changeJournal(laptop.journal, { count: 1, seed: 14 });
  const refused = await laptop.backup(['now']);
  assert.is(refused.exitCode, 77, refused.stderr);
  assert.match(refused.stderr, /untrusted-server/);
  assert.match(refused.stderr, /hint: .*only if it was: "ds-backup forget-server"/);
  const forgotten = await laptop.backup(['forget-server', '--json']);
  assert.equal(JSON.parse(forgotten.stdout), { forgotten: true });
  await ok(laptop, 'now');
  assert.match((await laptop.backup(['forget-server'])).stdout, /is forgotten: the next one met/);
});

test('a reflashed laptop with its old serial waits for a teacher, then goes on', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 5, seed: 15 });
  await ok(laptop, 'now');
  rmSync(join(laptop.profile, 'ds-backup'), { recursive: true });
  const waits = await laptop.backup(['now']);
  assert.is(waits.exitCode, 77, waits.stderr);
  const code = /\b\d{6}\b/.exec(/pending-approval[\s\S]*/.exec(waits.stderr)?.[0] ?? '')?.[0];
  const [command = '', ...rest] = school.server.command;
  const config = ['--config', school.server.configFile];
  const approve = (digits: string) =>
    laptop.run(command, [...rest, 'approve', laptop.serial, digits, ...config]);
  const wrong = await approve(code === '000000' ? '000001' : '000000');
  assert.match(wrong.stderr, /no key of .* has the code/);
  const approved = await approve(code ?? '');
  assert.is(approved.exitCode, 0, approved.stderr);
  await ok(laptop, 'now');
  await laptop.loseJournal();
  await laptop.startBus();
  await ok(laptop, 'restore', 'latest');
  assert.is(await laptop.countEntries(), 5);
});

/** An entry without metadata, one that is too large, and one whose name is odd. */
function spoil(laptop: Laptop, metadata: (uid: string) => string) {
  const [bad = '', big = '', odd = ''] = [...readJournal(laptop.journal).keys()];
  rmSync(metadata(bad), { recursive: true });
  writeFileSync(join(metadata(big), 'huge'), Buffer.alloc(9 * 1024 * 1024));
  writeFileSync(join(metadata(odd), 'title'), Buffer.from([0xff, 0xfe, 0x41]));
  // As at the school: a name that only Sugar takes for a uid, and what a killed datastore leaves.
  const name = `${bad.slice(0, -3)}_. `;
  cpSync(join(metadata(odd), '..'), join(laptop.journal, name.slice(0, 2), name), {
    recursive: true,
  });
  writeFileSync(join(metadata(name), 'uid'), name);
  writeFileSync(join(metadata(odd), '.title'), '');
  return { bad, big, name };
}

test('what is bad about one entry stops neither the others nor the run', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 8, seed: 16 });
  await ok(laptop, 'now');
  const metadata = (uid: string) => join(laptop.journal, uid.slice(0, 2), uid, 'metadata');
  const { bad, big, name } = spoil(laptop, metadata);
  const told = await laptop.backup(['now', '--json']);
  assert.is(told.exitCode, 1, `not everything is safe: ${told.stderr}`);
  const done = JSON.parse(told.stdout);
  assert.is(done.details.problems.length, 2, JSON.stringify(done));
  const listed = await laptop.backup(['status', '--entries']);
  assert.is(listed.exitCode, 1, listed.stderr);
  assert.match(listed.stdout, new RegExp(`${bad}: it has no metadata`));
  assert.match(listed.stdout, /huge is too large/);
  assert.match(listed.stdout, /\n7 safe, 0 waiting, 2 with a problem\n$/);
  const serial = parseSerial(laptop.serial);
  const { count, entries } = readNotSafe(school.server, serial);
  assert.is(count, 2, 'the school knows how many');
  assert.equal(
    entries.map(({ uid, school }) => [uid, school]),
    [
      [bad, 'older'],
      [big, 'rest'],
    ],
    'and which',
  );
  const { title } = entries[1] ?? {};
  assert.is(
    title,
    readFileSync(join(metadata(big), 'title'), 'utf8')
      .trim()
      .slice(0, 120),
  );
  const newest = newestSnapshot(school.server, serial);
  assert.equal(
    [newest?.entries, newest?.removed],
    [9, 0],
    'the unreadable keep their last version',
  );
  await laptop.loseJournal();
  await laptop.startBus();
  const { summary: restored } = JSON.parse(
    (await ok(laptop, 'restore', 'latest', '--json')).stdout,
  );
  assert.is(restored.restored, 9, JSON.stringify(restored));
  assert.ok(existsSync(metadata(name)), 'under its own name');
  await laptop.stopDatastore();
  rmSync(join(laptop.journal, 'index_updated'), { force: true });
  assert.is(await laptop.countEntries(), 9, 'an index rebuild drops none of them');
  await ok(laptop, 'now');
  assert.is(readNotSafe(school.server, serial).count, 0, 'the school hears that all is well');
});

test('damage on the server is refused by the restore, and the rest comes', async () => {
  await using school = await startSchool({ server: {} });
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 10, seed: 17 });
  await ok(laptop, 'now');
  const serial = parseSerial(laptop.serial);
  const newest = newestSnapshot(school.server, serial);
  assert.ok(newest);
  const folder = inLaptop(school.server, serial).snapshot(newest.name);
  const victim = readdirSync(folder).find(
    (name) => name.length === 36 && statSync(join(folder, name)).size > 100,
  );
  const path = join(folder, String(victim));
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(50) ^ 4, 50);
  const { atime, mtime } = statSync(path);
  execFileSync('chmod', ['u+w', path]);
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
  await laptop.loseJournal();
  await laptop.startBus();
  const done = await laptop.backup(['restore', 'latest', '--json']);
  const result = JSON.parse(done.stdout);
  const { restored, problems } = result.summary;
  assert.equal([restored, problems], [9, 1], done.stderr);
  assert.is(done.exitCode, 1, 'not everything came, and the exit code says so');
});

test.run();
