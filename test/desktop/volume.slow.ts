// weight: 60
// calm
/**
 * A day at school in Sugar's own Journal: seen, opened, copied from and removed with the pointer, in a real
 * Sugar before a real school. The scenes follow each other.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from '../../bundle/build.ts';
import { scaled, waitFor } from '../runner/patience.ts';
import { testIf } from '../runner/skip.ts';
import { childMayMount } from './fuse.ts';
import { JournalScreen, readEntry } from './journal-screen.ts';
import { SchoolDesktop } from './school-desktop.ts';

const suiteOf = suite('a day at school in the Journal');
const test = testIf(childMayMount(), suiteOf, 'needs sshfs, and /dev/fuse for everybody');
const ENTRIES = 60;

let scene: SchoolDesktop;
let journal: JournalScreen;

suiteOf.before(async () => {
  if (!childMayMount()) return;
  await build();
  const env = { NO_AT_BRIDGE: '0' };
  scene = await SchoolDesktop.start({ entries: ENTRIES, knownUser: true, env });
  journal = new JournalScreen(scene);
});

suiteOf.after(async () => {
  await scene?.[Symbol.asyncDispose]();
});

const inJournal = async () => (await scene.agent()).InJournal;
const mounts = () =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(scene.desktop.folder));

test('a day is opened from the activity, and its button comes', async () => {
  const { desktop, screen } = scene;
  await scene.ask('BackUpNow');
  await waitFor('a backup', async () => (await scene.agent()).LastSnapshot !== '');
  await journal.show();
  assert.not.ok(await journal.hasVolume());
  await scene.install();
  desktop.start('sugar-launch', ['org.sugarlabs.Backup']);
  await screen.press('Days');
  await screen.press('In my Journal');
  // Some of the generated entries have no content.
  await screen.find(
    /^It is in your Journal: look at the bottom there\. Some things are only here\.$/,
  );
  await desktop.screenshot('volume-0-opened');
  const { LastSnapshot, LeftOut } = await scene.agent();
  assert.equal(await inJournal(), ['open', '', LastSnapshot]);
  const empty = (await scene.entries({}, ['filesize'])).filter(({ filesize }) => !Number(filesize));
  assert.is((LeftOut as number[])[0], empty.length);
  await journal.bringForward();
  await waitFor('the button', () => journal.hasVolume());
});

test('it lists the day, the latest first, with icons and pictures', async () => {
  await journal.openVolume();
  const newest = (await scene.entries({}, ['uid', 'title', 'timestamp', 'filesize', 'mime_type']))
    .filter(({ filesize, mime_type = '' }) => Number(filesize) > 0 && !/olpc-/.test(mime_type))
    .sort((a, b) => Number(b.timestamp) - Number(a.timestamp))
    .map(({ title }) => title);
  await waitFor('the list', async () => (await journal.titles())[0] === newest[0]);
  const shown = await journal.titles();
  assert.ok(shown.length >= 8, `${shown.length} rows`);
  assert.equal(shown, newest.slice(0, shown.length));
  await scene.desktop.screenshot('volume-1-list');
  await journal.openDetails(0);
  await sleep(scaled(1000));
  await scene.desktop.screenshot('volume-2-details');
});

/** The uids that are new since. */
async function newSince(before: readonly Record<string, string>[]): Promise<string[]> {
  const known = new Set(before.map(({ uid }) => uid));
  return (await scene.entries()).map(({ uid = '' }) => uid).filter((uid) => !known.has(uid));
}

/** Waits for so many whole copies, and compares each with what it is a copy of. */
async function checkCopies(before: readonly Record<string, string>[], count: number) {
  const isMarked = (uid: string) => {
    const entry = join(scene.desktop.profile, 'datastore', uid.slice(0, 2), uid);
    return existsSync(join(entry, 'metadata/ds-backup-kept'));
  };
  const copies = await waitFor('whole copies without their marks', async () => {
    const uids = await newSince(before);
    return uids.length === count && !uids.some(isMarked) ? uids : undefined;
  });
  for (const uid of copies) {
    const copy = readEntry(scene, uid);
    const same = before.map((one) => readEntry(scene, one.uid ?? ''));
    const original = same.find((one) => one.get('title') === copy.get('title'));
    assert.equal(copy, original, `all but uid and date of ${uid}`);
    assert.ok(copy.has('content') && copy.has('preview'));
  }
}

test('a copy of one entry is the entry, but for its uid and its date', async () => {
  const before = await scene.entries();
  await journal.copyToJournal();
  await checkCopies(before, 1);
  await journal.back();
});

test('several are copied at once', async () => {
  const before = await scene.entries();
  for (const row of [1, 2, 3, 4, 5]) await journal.tick(row);
  await journal.screen.press('Copy');
  await sleep(scaled(1000));
  const to = await journal.screen.find('Journal', { role: 'menu item' });
  await scene.desktop.click(to.x, to.y);
  await sleep(scaled(1000));
  await scene.desktop.screenshot('volume-3-several');
  await journal.screen.press('Continue');
  await checkCopies(before, 5);
});

test('nothing in it can be changed', async () => {
  const { desktop } = scene;
  const folder = join(desktop.home, 'School');
  const list = async () => desktop.must('ls', '-lR', folder);
  const before = await list();
  for (const act of ['rm -f *', 'touch x', 'mv .Sugar-Metadata y', 'chmod 600 *']) {
    const { exitCode, stderr } = await desktop.run('sh', ['-c', `cd "${folder}" && ${act}`]);
    assert.not.equal(exitCode, 0, act);
    assert.match(stderr, /Read-only file system/, act);
  }
  assert.is(await list(), before);
});

test('a star and "Erase" do nothing there, and a copy onto it is refused with words', async () => {
  const { desktop } = scene;
  const folder = join(desktop.home, 'School');
  const all = () =>
    desktop.must('sh', '-c', `ls -lR "${folder}" && cat "${folder}"/.S*/*.metadata`);
  const before = await all();
  const titles = await journal.titles();
  const look = await journal.starLook(1);
  await journal.star(1);
  await waitFor('a star that does not pretend', async () => (await journal.starLook(1)) === look);
  await journal.openDetails(1);
  await journal.erase();
  await desktop.screenshot('volume-4-erased');
  await journal.back();
  assert.equal(await journal.titles(), titles, 'it is still there');
  await journal.openJournal();
  await journal.openDetails(0);
  await journal.openCopyTo();
  const to = await journal.screen.find('School', { role: 'menu item' });
  await desktop.click(to.x, to.y);
  await journal.screen.find(/Read-only file system/);
  await desktop.screenshot('volume-5-copied-onto');
  await journal.screen.press('Ok');
  await journal.back();
  assert.is(await all(), before);
  assert.is(((await inJournal()) as string[])[0], 'open');
  await journal.openVolume();
});

/** The properties of all that is shown, by the file, the latest first. */
async function shownThings() {
  const { desktop } = scene;
  const folder = join(desktop.home, 'School', '.Sugar-Metadata');
  // The mount is the child's: nobody else may look into it.
  const each = `for f in *.metadata; do printf '%s\\t' "$f"; cat "$f"; echo; done`;
  const lines = (await desktop.must('sh', '-c', `cd "${folder}" && ${each}`)).trimEnd().split('\n');
  const things = lines.map((line) => {
    const [name = '', text = ''] = line.split('\t');
    const properties: Record<string, string> = JSON.parse(text);
    return { name: name.slice(0, -'.metadata'.length), properties };
  });
  const time = ({ properties }: { properties: Record<string, string> }) =>
    Math.floor(Number(properties.timestamp));
  return things.sort((one, other) => time(other) - time(one));
}

test('a search finds in it what has the word, and nothing else', async () => {
  const things = await shownThings();
  const sought = ['title', 'description', 'tags', 'fulltext'];
  const has = (word: string) => (thing: (typeof things)[number]) =>
    [thing.name, ...sought.map((name) => thing.properties[name] ?? '')].some((text) =>
      text.toLowerCase().includes(word),
    );
  const all = things.flatMap(({ properties }) => /[a-z]{4,}/i.exec(properties.title ?? '') ?? []);
  const place = join(scene.desktop.home, 'School').toLowerCase();
  const [word = ''] = all
    .map((one) => one.toLowerCase())
    .filter((one) => !place.includes(one)) // Sugar looks at the whole path
    .sort((a, b) => things.filter(has(a)).length - things.filter(has(b)).length);
  const found = things.filter(has(word)).map(({ properties }) => properties.title ?? '');
  assert.ok(found.length > 0 && found.length < 8, `${found.length} with ${word}`);
  const everything = await journal.titles();
  await journal.search(word);
  const isIt = (titles: string[]) => titles.join('\n') === found.join('\n');
  let last: string[] = [];
  const why = () => `${word}: ${JSON.stringify({ last, found })}`;
  const looked = async () => {
    last = await journal.titles();
    return isIt(last);
  };
  await waitFor('what has the word', looked, { why });
  await scene.desktop.screenshot('volume-6-found');
  await journal.search('');
  await waitFor('all of it', async () => {
    last = await journal.titles();
    return last.join() === everything.join();
  });
  assert.is(((await inJournal()) as string[])[0], 'open');
});

test('"Remove" takes it away, and nothing is left', async () => {
  await journal.removeVolume();
  await waitFor('no volume', async () => ((await inJournal()) as string[])[0] === 'closed');
  await waitFor('no button', async () => !(await journal.hasVolume()));
  assert.equal(mounts(), []);
  assert.not.ok(existsSync(join(scene.desktop.home, 'School')));
  assert.not.ok(readdirSync(join(scene.desktop.profile, 'ds-backup')).includes('volume'));
});

suiteOf.run();
