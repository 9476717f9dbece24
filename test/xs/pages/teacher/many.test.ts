/** What waits in hundreds: pages, a search, and one act for all that were shown and for no other. */
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../../shared/clock.ts';
import { readAudit } from '../../../../xs/registration/audit.ts';
import { inLaptop, inSnapshot } from '../../../../xs/storage/paths.ts';
import { listHeld, listSnapshots } from '../../../../xs/storage/snapshots.ts';
import { backUp, SERIAL } from '../../library.ts';
import { dsaKey, serialOf } from '../../whole.ts';
import type { Browser } from '../browser.ts';
import { act, follow, journal, openClass, signIn } from './teachers-class.ts';

const test = suite('many of a kind');

const MANY = 60;
const serials = Array.from({ length: MANY }, (_, n) => serialOf(100 + n));
type School = Awaited<ReturnType<typeof openClass>>;

const count = (html: string, pattern: RegExp) => [...html.matchAll(pattern)].length;

async function bodyOf(browser: Browser, path: string): Promise<string> {
  const { status, body } = await browser.get(path);
  assert.is(status, 200, path);
  return body;
}

/** So many at a time: there is a limit for an hour. */
function register({ library, clock }: School, key: number): void {
  for (const [n, serial] of serials.entries()) {
    if (n % 10 === 0) clock.pass(3_600_001);
    library.newcomers.openWindow(5);
    library.registrations.register(serial, `Child ${n}x`, 'u', dsaKey(key));
  }
  library.newcomers.openWindow(0);
}

/** As if each had wiped its Journal: what one sent is copied. */
async function hold(school: School): Promise<void> {
  const { paths } = school.library;
  school.clock.pass(DAY_MS);
  await backUp(school, journal(1), SERIAL);
  const { home } = inLaptop(paths, SERIAL);
  const made = [...listHeld(paths, SERIAL), ...listSnapshots(paths, SERIAL)];
  for (const serial of serials) {
    for (const { folder } of made) {
      const copy = join(inLaptop(paths, serial).home, relative(home, folder));
      cpSync(folder, copy, { recursive: true });
      const { manifest } = inSnapshot(copy);
      const text = readFileSync(manifest, 'utf8').replaceAll(SERIAL, serial);
      chmodSync(manifest, 0o600);
      writeFileSync(manifest, text);
    }
  }
}

test('backups held aside of many: pages, a search, and one decision about what was shown', async () => {
  await using school = await openClass('perHour = 500\nperAddress = 500');
  const { teacher, library } = school;
  register(school, 3);
  await hold(school);
  await signIn(teacher);
  const first = await bodyOf(teacher, '/xs-backup/held');
  assert.is(count(first, /act=release&amp;serial=/g), 50);
  assert.match(first, /61 laptops/);
  const second = await bodyOf(teacher, '/xs-backup/held?page=2');
  assert.is(count(second, /act=release&amp;serial=/g), 11);
  const look = await follow(teacher, '/xs-backup/held', /^What is in the newest one/);
  assert.match(await bodyOf(teacher, look), /<summary>What is in the newest one[\s\S]*thing 0/);
  const searched = await bodyOf(teacher, '/xs-backup/held?q=child+57x');
  assert.is(count(searched, /act=release&amp;serial=/g), 1);
  assert.not.match(searched, /All of them were meant/, 'all of them are not what is shown');
  assert.match(await bodyOf(teacher, '/xs-backup/held?q=nobody'), /No laptop has this name/);

  const all = await follow(teacher, '/xs-backup/held?page=2', /All of them were meant/);
  assert.ok(all.length < 150, `an address that does not grow: ${all}`);
  const question = await bodyOf(teacher, all);
  assert.match(question, /gone from 61 Journals\?/);
  for (const serial of [SERIAL, ...serials]) assert.ok(question.includes(serial), serial);

  // Meanwhile another backup is held aside, which nobody was shown.
  const [one = SERIAL] = serials;
  const { held } = inLaptop(library.paths, one);
  const [known] = listHeld(library.paths, one);
  const another = `${held}/datastore-2026-03-09_08:00`;
  cpSync(known?.folder ?? '', another, { recursive: true });
  assert.is((await teacher.get(all)).status, 400);
  const forced = await teacher.post('/xs-backup/do', {
    ...Object.fromEntries(new URLSearchParams(all.split('?')[1])),
    form: /name="form" value="([^"]+)"/.exec(question)?.[1] ?? '',
  });
  assert.is(forced.status, 400, forced.body);
  assert.match(forced.body, /not the laptops that were shown/);
  const waiting = () =>
    [SERIAL, ...serials].filter((serial) => listHeld(library.paths, serial).length > 0).length;
  assert.is(waiting(), 61, 'nothing was decided');
  rmSync(another, { recursive: true });

  const again = await follow(teacher, '/xs-backup/held', /All of them were meant/);
  const answer = await teacher.fill(again, '/xs-backup/do', {});
  assert.is(answer.status, 303, answer.body);
  assert.is(waiting(), 0);
  const undo = await follow(teacher, String(answer.headers.location), /^Undo$/);
  assert.match(await bodyOf(teacher, undo), /backups of 61 laptops aside again\?/);
  const undone = await teacher.fill(undo, '/xs-backup/do', {});
  assert.is(undone.status, 303, undone.body.slice(undone.body.indexOf('<h1>')));
  assert.is(waiting(), 61, 'as before');
  const lines = readAudit(library.paths).filter(({ event }) => event === 'held-again');
  assert.is(lines.length, 61);
});

test('keys of many: pages, a search, and one no to those that were shown', async () => {
  await using school = await openClass('perHour = 500\nperAddress = 500');
  const { teacher, library } = school;
  register(school, 3);
  register(school, 4);
  await signIn(teacher);
  const asking = /class="one-of"/g;
  const first = await bodyOf(teacher, '/xs-backup/waiting');
  assert.is(count(first, asking), 50);
  assert.match(first, /Page 1 of 2/);
  assert.is(count(await bodyOf(teacher, '/xs-backup/waiting?only=keys&page=2'), asking), 10);
  const searched = await bodyOf(teacher, '/xs-backup/waiting?q=child+57x');
  assert.is(count(searched, asking), 1);
  assert.not.match(searched, /Reject all/);
  const all = await follow(teacher, '/xs-backup/waiting', /^Reject all/);
  assert.ok(all.length < 150, all);
  const question = await bodyOf(teacher, all);
  assert.match(question, /keys that wait for 60 laptops\?/);
  const [one = SERIAL] = serials;
  school.clock.pass(3_600_001);
  library.registrations.register(one, 'Child 0x', 'u', dsaKey(5));
  await signIn(teacher);
  const late = await teacher.get(all);
  assert.is(late.status, 400, 'a key that was not shown');
  assert.match(await act(teacher, '/xs-backup/waiting', /^Reject all/), /Rejected/);
  const left = serials.filter((serial) => library.registrations.get(serial)?.pending.length);
  assert.equal(left, []);
});

test.run();
