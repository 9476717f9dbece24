// weight: 30
/**
 * Kinds of loss that users of other backup programs have met, tried in a real school: each ends with what the
 * child has being what the school has, or with words about what is not.
 */
import { createHash } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { settled } from '../settled.ts';

const test = suite('kinds of loss that other programs have had');

let school: School;
test.before(async () => {
  school = await startSchool({ laptops: 0 });
});
test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

const entryOf = (laptop: Laptop, uid: string) => join(laptop.journal, uid.slice(0, 2), uid);
const dataOf = (laptop: Laptop, uid: string) => join(entryOf(laptop, uid), 'data');

/** What the newest snapshot has of an entry. */
function atSchool(laptop: Laptop, uid: string): Buffer {
  const { folder = '' } = newestSnapshot(school.server, parseSerial(laptop.serial)) ?? {};
  return readFileSync(join(folder, uid));
}

async function run(laptop: Laptop, ...args: string[]) {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done;
}

/** The uids of entries with content. */
function withContent(laptop: Laptop): string[] {
  return [...readJournal(laptop.journal)].flatMap(([uid, files]) => {
    return files.has('data') && statSync(dataOf(laptop, uid)).size > 0 ? [uid] : [];
  });
}

/** As the datastore does: a size that is larger than the content is a problem of the entry. */
function noteSizes(laptop: Laptop, ...uids: string[]): void {
  for (const uid of uids) {
    const path = join(entryOf(laptop, uid), 'metadata', 'filesize');
    writeFileSync(`${path}.new`, String(statSync(dataOf(laptop, uid)).size));
    renameSync(`${path}.new`, path);
  }
}

/** The same length, other bytes. */
const turned = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0x5a));

test('content of the same length and date is noticed, replaced or written in place', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 12, seed: 31 });
  await settled();
  await run(laptop, 'now');
  const [replaced = '', inPlace = '', third = ''] = withContent(laptop);
  const wanted = new Map<string, Buffer>();
  for (const uid of [replaced, inPlace]) {
    const path = dataOf(laptop, uid);
    const { atime, mtime } = statSync(path);
    const bytes = turned(readFileSync(path));
    const written = uid === replaced ? `${path}.new` : path;
    writeFileSync(written, bytes);
    renameSync(written, path);
    utimesSync(path, atime, mtime);
    wanted.set(uid, bytes);
  }
  await settled();
  await run(laptop, 'now');
  for (const [uid, bytes] of wanted) assert.ok(atSchool(laptop, uid).equals(bytes), uid);
  assert.ok(atSchool(laptop, third).equals(readFileSync(dataOf(laptop, third))));
});

test("content whose inode another entry had is the other entry's no more", async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 8, seed: 32 });
  await settled();
  await run(laptop, 'now');
  const [from = '', to = '', linked = ''] = withContent(laptop);
  // One takes the file of another, which gets a new one; a third shares it, as Sugar's optimizer does.
  const moved = readFileSync(dataOf(laptop, from));
  const fresh = Buffer.from('drawn anew');
  renameSync(dataOf(laptop, from), dataOf(laptop, to));
  writeFileSync(dataOf(laptop, from), fresh);
  rmSync(dataOf(laptop, linked));
  linkSync(dataOf(laptop, to), dataOf(laptop, linked));
  noteSizes(laptop, from, to, linked);
  await settled();
  await run(laptop, 'now');
  assert.ok(atSchool(laptop, from).equals(fresh));
  assert.ok(atSchool(laptop, to).equals(moved));
  assert.ok(atSchool(laptop, linked).equals(moved));
});

test('what cannot be read is said, with an exit code of its own, and keeps what the school has', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 6, seed: 33 });
  await settled();
  await run(laptop, 'now');
  const [uid = ''] = withContent(laptop);
  const before = atSchool(laptop, uid);
  rmSync(dataOf(laptop, uid));
  mkdirSync(dataOf(laptop, uid));
  await settled();
  const { exitCode, stderr, stdout } = await laptop.backup(['now']);
  assert.is(exitCode, 1, stdout + stderr);
  assert.match(stdout + stderr, new RegExp(uid));
  assert.ok(atSchool(laptop, uid).equals(before));
});

test('names that are options, lines or strange to a shell stop nothing and are not passed over', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 5, seed: 34 });
  const [uid = '', other = ''] = withContent(laptop);
  // Sugar shows whatever has a name of 36 characters.
  const odd = ['--delete', 'line\nline', '-e sh', '$(reboot)', 'a;b', 'tab\there', '.data'].map(
    (name) => name.padEnd(36, 'x'),
  );
  for (const name of odd) {
    const folder = join(laptop.journal, name.slice(0, 2), name);
    mkdirSync(join(folder, 'metadata'), { recursive: true });
    const properties = {
      uid: name,
      title: 'odd',
      timestamp: '1795348800',
      mime_type: 'text/plain',
      // What Sugar's datastore adds to an entry without them.
      creation_time: '1795348800',
      filesize: String(`of ${name}`.length),
    };
    for (const [key, text] of Object.entries(properties)) {
      writeFileSync(join(folder, 'metadata', key), text);
    }
    writeFileSync(join(folder, 'data'), `of ${name}`);
  }
  const title = (of: string, text: string) =>
    writeFileSync(join(entryOf(laptop, of), 'metadata', 'title'), text);
  title(uid, '-rf --delete\n');
  title(other, 'a line\nand another\n');
  await settled();
  await run(laptop, 'now');
  const { folder = '' } = newestSnapshot(school.server, parseSerial(laptop.serial)) ?? {};
  const kept = readFileSync(join(folder, `${uid}.metadata`), 'utf8');
  assert.ok(kept.includes('-rf --delete\\n'));
  const { stdout } = await run(laptop, 'entries', 'latest');
  const lines = stdout.trim().split('\n');
  assert.is(lines.filter((line) => line.includes('-rf')).length, 1);
  assert.is(lines.filter((line) => line.includes('odd')).length, odd.length);
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  await laptop.startBus();
  await run(laptop, 'restore', 'latest');
  assert.is(compareJournals(before, readJournal(laptop.journal)).identical, before.size);
});

test('work that was done while the clock stood in 2001 is not undone by a restore', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 6, seed: 35 });
  await settled();
  await run(laptop, 'now');
  const [uid = ''] = withContent(laptop);
  const old = atSchool(laptop, uid);
  const edited = Buffer.from('edited in 2001, by a clock that had forgotten');
  const past = new Date('2001-01-01T00:10:00Z');
  writeFileSync(`${dataOf(laptop, uid)}.new`, edited);
  renameSync(`${dataOf(laptop, uid)}.new`, dataOf(laptop, uid));
  utimesSync(dataOf(laptop, uid), past, past);
  for (const [key, text] of [
    ['timestamp', '978307800'],
    ['mtime', '2001-01-01T00:10:00'],
  ] as const) {
    writeFileSync(join(entryOf(laptop, uid), 'metadata', key), text);
  }
  await laptop.startBus();
  await run(laptop, 'restore', 'latest');
  assert.ok(readFileSync(dataOf(laptop, uid)).equals(edited), 'hers');
  const sum = createHash('sha256').update(old).digest('hex');
  const copies = [...readJournal(laptop.journal).values()].filter((one) => one.get('data') === sum);
  assert.ok(copies.length >= 1, "the school's beside it");
  const size = readJournal(laptop.journal).size;
  await run(laptop, 'restore', 'latest');
  assert.is(readJournal(laptop.journal).size, size, 'and again adds nothing');
});

test('locks and notes of a machine that lost power, with the pid of a program that lives, hold nobody up', async () => {
  await using laptop = school.newLaptop();
  generateJournal(laptop.journal, { entries: 4, seed: 36 });
  await run(laptop, 'now');
  const own = join(laptop.profile, 'ds-backup');
  for (const name of ['run.lock', 'lock', 'agent.pid', 'introduction.lock', 'backup.lock']) {
    writeFileSync(join(own, name), `${process.pid}\n`);
  }
  const [changed = ''] = withContent(laptop);
  writeFileSync(dataOf(laptop, changed), 'after the cut');
  noteSizes(laptop, changed);
  await settled();
  await run(laptop, 'now');
});

test('a profile whose path has every character that programs trip over is backed up', async () => {
  const laptop = new Laptop(school.folder, `la ptop%h"x'y$z#`, () => school.server.url);
  school.laptops.push(laptop);
  generateJournal(laptop.journal, { entries: 4, seed: 36 });
  await settled();
  assert.match((await run(laptop, 'now')).stdout, /safe at school: 4 entries/);
  const [uid = ''] = withContent(laptop);
  assert.ok(atSchool(laptop, uid).equals(readFileSync(dataOf(laptop, uid))));
});

test('names that differ by case or composition only, and contents at the limits of blocks, come back', async () => {
  await using laptop = school.newLaptop();
  const [uid = ''] = generateJournal(laptop.journal, { entries: 12, seed: 37 });
  const names = ['Title', 'TITLE', 'caf\u00e9', 'cafe\u0301', 'ﬁ', 'fi', 'i\u0307', 'İ'];
  for (const name of names) writeFileSync(join(entryOf(laptop, uid), 'metadata', name), name);
  const sizes = [1, 699, 700, 701, 4095, 4096, 65_536, 262_143, 262_144, 262_145];
  const contents = withContent(laptop).slice(0, sizes.length);
  for (const [n, one] of contents.entries())
    writeFileSync(dataOf(laptop, one), 'z'.repeat(sizes[n] ?? 0));
  noteSizes(laptop, ...contents);
  await settled();
  await run(laptop, 'now');
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  await laptop.startBus();
  await run(laptop, 'restore', 'latest');
  const { missing, different, extra } = compareJournals(before, readJournal(laptop.journal));
  assert.equal([missing, different, extra], [[], [], []]);
});

test.run();
