/** The list of a school's laptops: search, groups, pages, and numbers that agree with the first page. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { addTeacher, checkTeacher } from '../../../xs/admin/teachers.ts';
import { ed25519, enrol, SERIAL } from '../library.ts';
import { dsaKey, noteSuccess, serialOf } from '../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite("the list of a school's laptops");

const PASSWORD = 'four words are enough';
const SIGN_IN = '/ds-restore/sign-in';

interface School extends PagesServer {
  teacher: Browser;
}

async function openSchool(laptops: number): Promise<School> {
  const server = await servePages('[registration]\nperHour = 5000\nperAddress = 5000');
  const { library, clock } = server;
  for (let n = 0; n < laptops; n += 1) {
    library.registrations.register(serialOf(n), `Child ${n}x`, 'u', dsaKey(n));
  }
  await addTeacher(library.paths, 'Rosa', PASSWORD, clock.now());
  return { ...server, teacher: openBrowser(server.url) };
}

const signIn = ({ teacher }: School) =>
  teacher.fill(SIGN_IN, SIGN_IN, { name: 'Rosa', password: PASSWORD });

async function body({ teacher }: School, path: string): Promise<string> {
  const answer = await teacher.get(path);
  assert.is(answer.status, 200, path);
  return answer.body;
}

const tilesIn = (html: string) =>
  [...html.matchAll(/class="tile small" href="\/xs-backup\/laptop\/([^"]+)"/g)].map(([, s]) => s);

test('the numbers of the first page are those of the pages that they lead to', async () => {
  await using school = await openSchool(6);
  const { library, clock } = school;
  for (const n of [0, 1, 2]) await noteSuccess(library, serialOf(n));
  clock.pass(20 * DAY_MS);
  for (const n of [3, 4]) await noteSuccess(library, serialOf(n));
  // One that was not seen for long asks to be let in; one is out of use.
  enrol(library.registrations, serialOf(0), 'u', ed25519(1));
  enrol(library.registrations, serialOf(0), 'u', ed25519(2));
  library.registrations.retire(serialOf(4));
  await signIn(school);
  const first = await body(school, '/xs-backup');
  const counted = [
    ...first.matchAll(
      /href="(\/xs-backup\/class\?only=(\w+))"[^>]*>[\s\S]*?class="count"[^>]*>(\d+)/g,
    ),
  ];
  assert.equal(
    counted.map(([, , only, count]) => [only, count]),
    [
      ['safe', '1'],
      ['late', '3'],
      ['never', '2'],
    ],
  );
  for (const [, href = '', only, count] of counted) {
    assert.is(tilesIn(await body(school, href)).length, Number(count), only);
  }
  const asked = tilesIn(await body(school, '/xs-backup/class?only=waiting'));
  assert.equal(asked, [serialOf(0)]);
});

test('whose digits nobody compared is a list of its own, and states that overlap are explained', async () => {
  await using school = await openSchool(3);
  const { registrations } = school.library;
  for (const n of [0, 1]) enrol(registrations, serialOf(n), 'u', ed25519(n + 1));
  registrations.approvals.byCode(serialOf(1), '123456');
  await signIn(school);
  const first = await body(school, '/xs-backup');
  const [, href = ''] = /<a href="([^"]+)">Nobody has compared the digits/.exec(first) ?? [];
  const list = await body(school, href);
  assert.equal(tilesIn(list), [serialOf(0)]);
  assert.match(list, /Never backed up · Digits not compared/);
  assert.match(list, /A laptop that is in several states is counted in each/);
});

test('a calendar without days says why: the clock is not trusted, or the first day is not over', async () => {
  await using school = await openSchool(1);
  const { clock, library } = school;
  await signIn(school);
  assert.match(await body(school, '/xs-backup/days'), /Nothing is noted yet\./);
  library.timeline.observe();
  clock.time += 4000 * DAY_MS;
  assert.match(await body(school, '/xs-backup/days'), /Nothing is noted while the clock/);
});

test('a name is taken with other capitals as well; two that differ by those only are told apart', async () => {
  await using school = await openSchool(0);
  const { paths } = school.library;
  assert.is((await checkTeacher(paths, 'rosa', PASSWORD))?.name, 'Rosa');
  assert.is(await checkTeacher(paths, 'rosa', 'another password'), undefined);
  await addTeacher(paths, 'ROSA', `${PASSWORD} 2`, new Date());
  assert.is((await checkTeacher(paths, 'Rosa', PASSWORD))?.name, 'Rosa');
  assert.is(await checkTeacher(paths, 'rosa', PASSWORD), undefined);
});

test('a laptop that another one replaces is not late for ever', async () => {
  await using school = await openSchool(2);
  const { library, clock, command } = school;
  await noteSuccess(library, serialOf(0));
  clock.pass(40 * DAY_MS);
  await noteSuccess(library, serialOf(1));
  await noteSuccess(library, SERIAL);
  await command('alias', [serialOf(1), serialOf(0)]);
  await signIn(school);
  assert.match(await body(school, '/xs-backup'), /0 laptops not seen/);
  assert.equal(tilesIn(await body(school, '/xs-backup/class?only=replaced')), [serialOf(0)]);
});

test('it is never "all is well" while laptops have no backup', async () => {
  await using school = await openSchool(2);
  await signIn(school);
  const first = await body(school, '/xs-backup');
  assert.not.match(first, /All is well/);
  assert.match(first, /3 laptops have no backup yet/);
  for (const serial of [SERIAL, serialOf(0), serialOf(1)]) {
    await noteSuccess(school.library, serial);
  }
  assert.match(await body(school, '/xs-backup'), /All is well/);
});

test('a school without laptops is shown its first steps, with the commands', async () => {
  await using school = await openSchool(0);
  await school.command('forget', [SERIAL]);
  await signIn(school);
  for (const path of ['/xs-backup', '/xs-backup/class']) {
    const html = await body(school, path);
    assert.match(html, /First steps/, path);
    assert.match(html, /xs-backup register-window 60|Register/, path);
    assert.not.match(html, /All is well/, path);
  }
});

test('of many laptops, pages of 50 are shown, and words find one among all of them', async () => {
  await using school = await openSchool(120);
  await signIn(school);
  const first = await body(school, '/xs-backup/class');
  assert.is(tilesIn(first).length, 50);
  assert.match(first, /Page 1 of 3/);
  assert.match(first, /rel="next" href="\/xs-backup\/class\?page=2"/);
  const last = await body(school, '/xs-backup/class?page=99');
  assert.is(tilesIn(last).length, 21);
  assert.equal(tilesIn(await body(school, '/xs-backup/class?q=child+77x')), [serialOf(77)]);
  const bySerial = `/xs-backup/class?q=${serialOf(78).slice(3).toLowerCase()}`;
  assert.equal(tilesIn(await body(school, bySerial)), [serialOf(78)]);
  assert.match(await body(school, '/xs-backup/class?q=nobody'), /No laptop has this name/);
  const filtered = await body(school, '/xs-backup/class?only=never&q=child+1');
  assert.match(filtered, /name="only" value="never"/, 'the search keeps the filter');
});

test('the groups come in the order in which a teacher looks at them', async () => {
  await using school = await openSchool(4);
  const { library } = school;
  await noteSuccess(library, serialOf(0));
  enrol(library.registrations, serialOf(1), 'u', ed25519(1));
  enrol(library.registrations, serialOf(1), 'u', ed25519(2));
  await signIn(school);
  const html = await body(school, '/xs-backup/class');
  const groups = [...html.matchAll(/<h2[^>]*>([\s\S]*?)<\/h2>/g)].map(([, text = '']) =>
    text.replace(/<[^>]*>/g, '').trim(),
  );
  assert.equal(groups, ['Asks you', 'Never backed up', 'Safe']);
});

test('the old laptop is searched for among all of them, likely ones first', async () => {
  await using school = await openSchool(120);
  const { library, clock } = school;
  for (let n = 0; n < 120; n += 1) {
    await library.index.recordSuccess(serialOf(n), new Date(clock.time + n * 1000));
  }
  clock.pass(20 * DAY_MS);
  library.registrations.register(serialOf(500), 'Child 77x', 'u', dsaKey(50));
  await signIn(school);
  const path = `/xs-backup/laptop/${serialOf(500)}/replaces`;
  const choices = (html: string) =>
    [...html.matchAll(/act=alias&amp;serial=[^&]+&amp;of=(\w+)/g)].map(([, of]) => of);
  const all = choices(await body(school, path));
  assert.is(all.length, 50);
  assert.is(all[0], serialOf(77));
  assert.equal(choices(await body(school, `${path}?q=child+78x`)), [serialOf(78)]);
});

test.run();
