// weight: 60
/**
 * Content kept at school only, with Sugar's real datastore and a real school: dropped when it is
 * safe, fetched back whole, and never gone from both, whoever dies on the way.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { listPins, listReleased } from '../../../xs/pins/pins.ts';
import { listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { readJournal } from '../../journal/compare.ts';
import { checkSnapshots } from '../../xs/check.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';
import {
  ENTRIES,
  inEntry,
  ok,
  pinsOf,
  prepare,
  refused,
  sameContent,
  sizeOf,
  titleOf,
} from './kept-journal.ts';

const test = suite('content that is only at school');

/** Scenes that leave the server as it is share one; each has a laptop of its own. */
let school: School;

test.before(async () => {
  school = await startSchool({ laptops: 0 });
});

test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

test('most of a Journal is kept at school, backed up, lost, restored, and fetched back', async () => {
  await using own = school.newLaptop();
  const { laptop, before, full } = await prepare(school, own);
  const away = full.slice(0, 8);
  for (const uid of away) await ok(laptop, 'keep', uid);
  for (const uid of away) {
    assert.is(sizeOf(laptop, uid), 0);
    assert.match(titleOf(laptop, uid), / · Kept at school$/);
    assert.ok(readJournal(laptop.journal).get(uid)?.has('metadata/preview'), 'the picture stays');
  }
  assert.match(await ok(laptop, 'kept'), /^8 entries$/m);
  assert.equal(pinsOf(school, laptop).sort(), [...away].sort());
  const [first = ''] = away;
  assert.match(await ok(laptop, 'keep', first), /^kept at school: the content of .* is only there/);
  await refused(laptop, /only at school.*\n.*fetch/, 'unpin', first);
  const here = async (snapshot: string) => {
    const { entries } = JSON.parse(await ok(laptop, 'entries', snapshot, '--json'));
    return entries.find(({ uid }: { uid: string }) => uid === first)?.here;
  };
  const [whole] = listSnapshots(school.server, parseSerial(laptop.serial));
  assert.is(await here(whole?.name ?? ''), 'kept', 'not "changed since"');
  await ok(laptop, 'restore', whole?.name ?? '');
  assert.is(await laptop.countEntries(), ENTRIES, 'no copies of what was kept on purpose');
  assert.match(await ok(laptop, 'restore', whole?.name ?? '', '--entry', first), /^brought back/);
  assert.is(await laptop.countEntries(), ENTRIES, 'its content comes back into it, not beside it');
  assert.not.equal(sizeOf(laptop, first), 0);
  await ok(laptop, 'keep', first);

  const serial = parseSerial(laptop.serial);
  const count = listSnapshots(school.server, serial).length;
  await ok(laptop, 'now');
  assert.is(listHeld(school.server, serial).length, 0, 'no shrink, for it is pinned');
  assert.is(listSnapshots(school.server, serial).length, count + 1);
  assert.is(await here('latest'), 'kept', 'in the snapshot of the mark as well');
  const [command = '', ...words] = school.server.command;
  const [pin] = listPins(school.server, serial);
  const unpin = ['unpin', serial, pin?.uid ?? '', '--config', school.server.configFile];
  const byTeacher = await laptop.run(command, [...words, ...unpin]);
  assert.is(byTeacher.exitCode, 1);
  assert.match(byTeacher.stderr, /only at school, in this pin/);

  await laptop.loseJournal();
  await ok(laptop, 'restore', 'latest');
  assert.is(await laptop.countEntries(), ENTRIES);
  assert.match(await ok(laptop, 'kept'), /^8 entries/m, 'what is only at school stays there');
  for (const uid of away) await ok(laptop, 'fetch', uid);
  sameContent(laptop, before);
  assert.is(await laptop.countEntries(), ENTRIES, 'Sugar shows them all');
  assert.equal(pinsOf(school, laptop), [], 'the pins were for this');
  assert.is(
    listReleased(school.server, serial).length,
    8,
    'and stay for the snapshot of that time',
  );
  assert.match(await ok(laptop, 'kept'), /^0 entries/m);
  checkSnapshots(school.server, serial);
});

test('a copy of an entry that is away is fetched by itself, and holds the content at school', async () => {
  await using own = school.newLaptop();
  const { laptop, full } = await prepare(school, own);
  const [uid = ''] = full;
  const whole = readFileSync(inEntry(laptop, uid, 'data'));
  await ok(laptop, 'keep', uid);
  const file = join(laptop.home, 'empty');
  writeFileSync(file, '');
  const properties = (await laptop.datastore('get_properties', uid)) as Record<string, unknown>;
  delete properties.uid;
  const copy = String(await laptop.datastore('create', properties, file, true));
  await refused(laptop, /only at school/, 'unpin', uid);
  await ok(laptop, 'fetch', uid);
  assert.equal(pinsOf(school, laptop), [uid], 'the copy names it');
  await ok(laptop, 'fetch', copy);
  assert.equal(pinsOf(school, laptop), [], 'now nothing does');
  for (const one of [uid, copy])
    assert.ok(readFileSync(inEntry(laptop, one, 'data')).equals(whole));
  assert.is(titleOf(laptop, copy), titleOf(laptop, uid));
});

test('an edit after the last backup is backed up first; what has no content is left alone', async () => {
  await using own = school.newLaptop();
  const { laptop, before, full } = await prepare(school, own);
  const [uid = ''] = full;
  const file = inEntry(laptop, uid, 'metadata/description');
  await laptop.run('sh', ['-c', `printf 'new words' > ${file}.new && mv ${file}.new ${file}`]);
  await ok(laptop, 'keep', uid);
  assert.is(listSnapshots(school.server, parseSerial(laptop.serial)).length, 2);
  await ok(laptop, 'fetch', uid);
  assert.is(readFileSync(file, 'utf8'), 'new words');
  sameContent(laptop, before);
  const empty = [...before.keys()].find((one) => !full.includes(one));
  assert.ok(empty, 'one entry has no content');
  await refused(laptop, /no content to keep/, 'keep', empty);
  await refused(laptop, /is here, not at school only/, 'fetch', uid);
  await refused(laptop, /the Journal has no entry/, 'keep', 'f0000000-0000-4000-8000-000000000000');
});

test('killed anywhere, the content is here or at school, and the next step goes on', async () => {
  await using own = school.newLaptop();
  const { laptop, before, full } = await prepare(school, own);
  const [uid = ''] = full;
  for (const point of ['keep.pinned', 'keep.marked', 'keep.dropped']) {
    const killed = await laptop.backup(['keep', uid], { failpoint: point });
    assert.is(killed.signal, 'SIGKILL', `${point}: ${killed.stderr}`);
    assert.ok(pinsOf(school, laptop).includes(uid), point);
  }
  await ok(laptop, 'keep', uid);
  assert.is(sizeOf(laptop, uid), 0);
  for (const point of ['fetch.fetched', 'fetch.filled', 'fetch.back']) {
    const killed = await laptop.backup(['fetch', uid], { failpoint: point });
    assert.is(killed.signal, 'SIGKILL', `${point}: ${killed.stderr}`);
    assert.ok(pinsOf(school, laptop).includes(uid), point);
  }
  await ok(laptop, 'fetch', uid);
  sameContent(laptop, before);
  assert.equal(pinsOf(school, laptop), [], 'the pin of a killed run is known for its own');
  await refused(laptop, /is here, not at school only/, 'fetch', uid);
  assert.is(listHeld(school.server, parseSerial(laptop.serial)).length, 0);
  checkSnapshots(school.server, parseSerial(laptop.serial));
});

const rooted = runsAsRoot ? test : test.skip;

/** Sugar's datastore writes properties first; with this its content cannot follow them. */
function stuckContent(laptop: Laptop, uid: string): Disposable {
  const data = inEntry(laptop, uid, 'data');
  execFileSync('mount', ['--bind', data, data]);
  return { [Symbol.dispose]: () => void execFileSync('umount', [data]) };
}

rooted('what Sugar only half writes is neither lost nor called by a wrong name', async () => {
  await using school = await startSchool();
  const { laptop, before, full } = await prepare(school);
  const [uid = ''] = full;
  const title = titleOf(laptop, uid);
  {
    using _stuck = stuckContent(laptop, uid);
    await refused(laptop, /\[datastore\]/, 'keep', uid);
  }
  await ok(laptop, 'keep', uid);
  assert.is(titleOf(laptop, uid), `${title} · Kept at school`);
  {
    using _stuck = stuckContent(laptop, uid);
    await refused(laptop, /\[datastore\]/, 'fetch', uid);
  }
  assert.match(await ok(laptop, 'kept'), /^1 entry|^1 entries/m, 'it still says where it is');
  await ok(laptop, 'fetch', uid);
  sameContent(laptop, before);
  assert.equal(pinsOf(school, laptop), []);
});

test('without the school, without room for pins, with damage there: nothing is dropped', async () => {
  await using school = await startSchool();
  const { laptop, before, full } = await prepare(school);
  const [uid = '', other = ''] = full;
  const serial = parseSerial(laptop.serial);
  const [newest] = listSnapshots(school.server, serial);
  await laptop.run('sh', [
    '-c',
    `printf x | dd of=${newest?.folder}/${uid} conv=notrunc status=none`,
  ]);
  await refused(laptop, /damaged/, 'keep', uid);
  assert.equal(pinsOf(school, laptop), [], 'and no pin is left');
  await school.server.daemon.stop();
  await refused(laptop, /no answer|gone|Connection refused/, 'keep', other);
  sameContent(laptop, before);
  await school.server.start();
  await ok(laptop, 'keep', other);
  await school.server.daemon.stop();
  await refused(laptop, /no answer|gone|Connection refused/, 'fetch', other);
  assert.is(sizeOf(laptop, other), 0);
  await school.server.start();
  await ok(laptop, 'fetch', other);
  sameContent(laptop, before);
});

test('a new laptop fetches what the old one kept at school', async () => {
  await using school = await startSchool({ laptops: 2 });
  const { laptop: old, before, full } = await prepare(school);
  const fresh = school.laptop(1);
  const [uid = ''] = full;
  await ok(old, 'keep', uid);
  await ok(old, 'now');
  await fresh.startBus();
  await fresh.countEntries();
  await ok(fresh, 'now');
  const [command = '', ...words] = school.server.command;
  const alias = ['alias', fresh.serial, old.serial, '--config', school.server.configFile];
  assert.is((await fresh.run(command, [...words, ...alias])).exitCode, 0);
  await ok(fresh, 'restore', 'latest', '--of', old.serial);
  await ok(fresh, 'fetch', uid);
  sameContent(fresh, before);
  assert.ok(listSnapshots(school.server, parseSerial(old.serial)).length > 0, 'the old one stays');
});

test.run();
