// weight: 50
/**
 * What the server keeps, seen from a laptop and from the admin's terminal while the service runs:
 * held backups, pins, commands over the socket, what is asked for again.
 */
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listHeld, listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { waitFor, within } from '../../runner/patience.ts';
import { checkSnapshots } from '../../xs/check.ts';
import type { Laptop } from '../laptop.ts';
import { stopped } from '../mortal.ts';
import { type School, startSchool } from '../school.ts';
import { settled } from '../settled.ts';

const test = suite('what the school keeps');

async function ok(laptop: Laptop, ...args: string[]): Promise<string> {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** An `xs-backup` command in a terminal beside the running service. */
async function xs(school: School, laptop: Laptop, ...args: string[]) {
  const [command = '', ...rest] = school.server.command;
  return laptop.run(command, [...rest, ...args, '--config', school.server.configFile]);
}

async function xsOk(school: School, laptop: Laptop, ...args: string[]): Promise<string> {
  const done = await xs(school, laptop, ...args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

test('a reflashed laptop: its backup is held, the restore makes it whole, and all is kept', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  const serial = (): ReturnType<typeof parseSerial> => parseSerial(laptop.serial);
  generateJournal(laptop.journal, { entries: 30, seed: 1 });
  await ok(laptop, 'now');
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  generateJournal(laptop.journal, { entries: 3, seed: 2 });
  const told = await ok(laptop, 'now');
  assert.match(
    told,
    /the school holds this backup back, because so much is gone \(30 of 30 entries/,
  );
  assert.is(newestSnapshot(school.server, serial())?.entries, 30);
  assert.match(await xsOk(school, laptop, 'held'), /30 of 30 entries are gone/);
  assert.match(await xsOk(school, laptop, 'laptops'), / 1 held/);
  const second = await ok(laptop, 'now');
  assert.match(second, /nothing has changed/, 'it goes on from what is held');
  await settled(); // what would be a quiet day otherwise
  assert.match(
    await ok(laptop, 'now'),
    /holds this backup back, because/,
    'nobody has decided yet',
  );
  await laptop.startBus();
  await ok(laptop, 'restore', 'latest');
  await ok(laptop, 'now');
  assert.equal(listHeld(school.server, serial()), []);
  assert.is(newestSnapshot(school.server, serial())?.entries, 33);
  assert.is(checkSnapshots(school.server, serial()).size, 3, 'what was held is an ordinary one');
  const { missing } = compareJournals(before, readJournal(laptop.journal));
  assert.equal(missing, []);
});

test('an admin releases or drops what is held, while the service runs', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 20, seed: 3 });
  await ok(laptop, 'now');
  const serial = parseSerial(laptop.serial);
  rmSync(laptop.journal, { recursive: true });
  generateJournal(laptop.journal, { entries: 2, seed: 4 });
  await ok(laptop, 'now');
  assert.match(await xsOk(school, laptop, 'drop', serial), /1 backup moved to the trash/);
  changeJournal(laptop.journal, { count: 1, seed: 5 });
  assert.match(
    await ok(laptop, 'now'),
    /holds this backup back/,
    'it is held again, from the good one on',
  );
  assert.match(await xsOk(school, laptop, 'release', serial), /1 backup released/);
  assert.is(newestSnapshot(school.server, serial)?.entries, 2);
  changeJournal(laptop.journal, { count: 1, seed: 6 });
  assert.not.match(await ok(laptop, 'now'), /aside/);
});

test('pins: from the laptop, counted, capped with a reason, gone when unpinned', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 5, seed: 7 });
  await ok(laptop, 'now');
  const [uid = ''] = [...readJournal(laptop.journal).keys()];
  assert.is(await ok(laptop, 'pin', uid, 'latest'), 'done\n');
  const pins = JSON.parse(await ok(laptop, 'pins', '--json'));
  assert.is(pins.pins.length, 1);
  assert.is(pins.pins[0].uid, uid);
  assert.ok(pins.used > 0 && pins.limit > pins.used);
  assert.match(await xsOk(school, laptop, 'pins', laptop.serial), uid);
  await ok(laptop, 'unpin', uid);
  assert.is(JSON.parse(await ok(laptop, 'pins', '--json')).pins.length, 0);
  const unknown = await laptop.backup(['unpin', uid]);
  assert.match(unknown.stderr, /no such pin/);
  const strange = await laptop.backup(['pin', '../../etc/passwd', 'latest']);
  assert.is(strange.exitCode, 1);
  assert.match(strange.stderr, /not a entry uid|not an entry uid/);
});

test('commands beside the running service: answers, exit codes, clear errors', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 6, seed: 8 });
  await ok(laptop, 'now');
  changeJournal(laptop.journal, { count: 1, seed: 9 });
  await ok(laptop, 'now');
  const { serial } = laptop;
  const listed = JSON.parse(await xsOk(school, laptop, 'snapshots', serial, '--json'));
  assert.is(listed.snapshots.length, 2);
  assert.match(await xsOk(school, laptop, 'cleanup', '--dry-run'), /keeps 2, removes 0/);
  assert.match(await xsOk(school, laptop, 'cleanup'), /0 moved to the trash/);
  assert.match(
    await xsOk(school, laptop, 'quota'),
    /a laptop that is confirmed, or has a history of 90 days, may use/,
  );
  assert.match(await xsOk(school, laptop, 'scrub', '--all'), /no damage/);
  assert.match(await xsOk(school, laptop, 'verify'), /2 snapshots/);
  assert.is(await xsOk(school, laptop, 'rebuild'), '2 snapshots found\n');
  const wrong = await xs(school, laptop, 'fly');
  assert.is(wrong.exitCode, 2);
  assert.match(wrong.stderr, /unknown command 'fly' \[usage\]\nhint: /);
  const unknown = await xs(school, laptop, 'pins', 'SHC00800000');
  assert.is(unknown.exitCode, 1);
  assert.match(unknown.stderr, /not-registered.*\nhint: "xs-backup laptops"/);
  const missing = await xs(school, laptop, 'undelete', serial, 'datastore-2020-01-01_00:00');
  assert.match(missing.stderr, /has no datastore-2020-01-01_00:00 \[not-found\]/);
});

test('more backups than a day may have are refused with a reason; the snapshots stay', async () => {
  const settings = '[retention]\nperDay = 2';
  await using school = await startSchool({ server: { settings } });
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 6, seed: 10 });
  await ok(laptop, 'now');
  changeJournal(laptop.journal, { count: 1, seed: 11 });
  await ok(laptop, 'now');
  changeJournal(laptop.journal, { count: 1, seed: 12 });
  const refused = await laptop.backup(['now']);
  assert.is.not(refused.exitCode, 0);
  assert.match(refused.stderr, /the limit of 2 backups within 24 hours is reached/);
  assert.match(refused.stderr, /the next one is taken tomorrow; what was safe stays safe/);
  const serial = parseSerial(laptop.serial);
  assert.is(checkSnapshots(school.server, serial).size, 2);
  assert.equal(readdirSync(inLaptop(school.server, serial).incoming), [], 'what is refused goes');
});

test('the list of the newest snapshot is damaged: it is made anew, and the backup goes on', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 6, seed: 13 });
  await ok(laptop, 'now');
  const serial = parseSerial(laptop.serial);
  const [snapshot] = listSnapshots(school.server, serial);
  writeFileSync(join(snapshot?.folder ?? '', 'SUMS.gz'), 'junk');
  changeJournal(laptop.journal, { count: 1, seed: 14 });
  await ok(laptop, 'now');
  assert.is(checkSnapshots(school.server, serial).size, 2, 'the first one, too');
});

test('the list of the newest snapshot is cut: a restore comes back whole all the same', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 6, seed: 15 });
  await ok(laptop, 'now');
  const before = readJournal(laptop.journal);
  const [snapshot] = listSnapshots(school.server, parseSerial(laptop.serial));
  const list = join(snapshot?.folder ?? '', 'SUMS.gz');
  truncateSync(list, Math.floor(statSync(list).size / 2));
  await laptop.loseJournal();
  await laptop.startBus();
  await ok(laptop, 'restore', 'latest');
  assert.is(compareJournals(before, readJournal(laptop.journal)).identical, 6);
});

test('the service stops within ten seconds, also in the middle of its chores', async () => {
  const settings = '[chores]\ndelaySeconds = 0\nscrubSeconds = 1';
  await using school = await startSchool({ server: { settings } });
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 40, seed: 15 });
  await ok(laptop, 'now');
  const { daemon } = school.server;
  await waitFor('the cleanup', () => daemon.lines.some((line) => line.includes('cleaned-up')));
  await daemon.stop();
  await school.server.start('scrub.read:9,stop');
  const again = school.server.daemon;
  const scrubbing = xs(school, laptop, 'scrub', '--all');
  await stopped(again); // in the middle of its files
  process.kill(again.pid, 'SIGCONT');
  const start = performance.now();
  await again.stop();
  await within('the end of the service', 10_000, performance.now() - start);
  assert.is(await again.ended, 0, 'by itself');
  const cut = await scrubbing;
  assert.is.not(cut.exitCode, 0, cut.stdout);
  assert.match(cut.stderr, /ended before|cancelled|busy/);
});

test.run();
