/** What a teacher may do on the pages, and what only a keeper of the server: shown, and refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../../shared/clock.ts';
import { addTeacher, readTeachers } from '../../../../xs/admin/teachers.ts';
import { ACT_NAMES, type ActName, fieldsOf } from '../../../../xs/pages/teacher/acts/acts.ts';
import { readAudit } from '../../../../xs/registration/audit.ts';
import { inState } from '../../../../xs/storage/paths.ts';
import { SERIAL } from '../../library.ts';
import { dsaKey, openWhole, serialOf } from '../../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from '../browser.ts';

const test = suite('what a teacher may do, and what a keeper of the server');

const PASSWORD = 'four words are enough';
const SIGN_IN = '/ds-restore/sign-in';
const OTHER = serialOf(2);
/** Whatever is no decision about one child's laptop or backup. */
const FOR_KEEPERS: readonly ActName[] = [
  ...(['reject-many', 'register-window', 'retire', 'unretire', 'forget'] as const),
  ...(['alias', 'unalias', 'replace', 'undo-replace', 'separate', 'unite'] as const),
  ...(['welcome', 'decline', 'move-back', 'drop', 'drop-many'] as const),
  ...(['class-on', 'class-off'] as const),
];
const VALUES: Readonly<Record<string, string>> = {
  ...{ serial: SERIAL, of: OTHER, code: '123456', group: 'empty' },
  ...{ sum: 'a'.repeat(32), from: '1780000000000', to: '1780000000001' },
  ...{ key: `SHA256:${'A'.repeat(43)}`, snapshot: 'datastore-2026-03-02_08:00' },
  offer: 'a'.repeat(32),
  ...{ pin: 'datastore-2026-03-02_08:00', item: 'datastore-2026-03-02_08:00', minutes: '5' },
};

interface School extends PagesServer {
  /** Rosa, the first; and Ana. */
  keeper: Browser;
  teacher: Browser;
}

async function signedIn(server: PagesServer, name: string): Promise<Browser> {
  const browser = openBrowser(server.url);
  const { status } = await browser.fill(SIGN_IN, SIGN_IN, { name, password: PASSWORD });
  assert.is(status, 303);
  return browser;
}

let server: School;

/** Passwords take time: one school for all, in this order. */
test.before(async () => {
  server = await openSchool();
});

test.after(async () => {
  await server[Symbol.asyncDispose]();
});

async function openSchool(): Promise<School> {
  const server = await servePages('[registration]\npolicy = "window"\n');
  server.library.newcomers.openWindow(1);
  server.library.registrations.register(OTHER, 'Pedro', 'uuid-2', dsaKey(2));
  server.library.newcomers.openWindow(0);
  for (const name of ['Rosa', 'Ana']) {
    await addTeacher(server.library.paths, name, PASSWORD, new Date());
  }
  const [keeper, teacher] = [await signedIn(server, 'Rosa'), await signedIn(server, 'Ana')];
  return Object.assign(server, { keeper, teacher });
}

const askFor = (act: ActName) => `/xs-backup/do?${new URLSearchParams({ act, ...fieldsFor(act) })}`;
const fieldsFor = (act: ActName) =>
  Object.fromEntries(fieldsOf(act).map((field) => [field, VALUES[field] ?? '']));

/** Sends the form of another act with this one in its place, as a browser that lies would. */
async function force(browser: Browser, act: ActName) {
  const { body } = await browser.get('/xs-backup');
  const form = /name="form" value="([^"]+)"/.exec(body)?.[1] ?? '';
  return browser.post('/xs-backup/do', { form, act, ...fieldsFor(act) });
}

test('the first account is a keeper, the next are teachers; so are told list and log', async () => {
  const { teachers } = JSON.parse(await server.command('teacher', ['list'], { json: true }));
  assert.equal(
    teachers.map(({ name, role }: { name: string; role: string }) => [name, role]),
    [
      ['Ana', 'teacher'],
      ['Rosa', 'keeper'],
    ],
  );
  assert.match(await server.command('teacher', ['list']), /Ana +teacher.*\nRosa +keeper/);
});

test('every act that is for keepers is refused to a teacher, asked for or forced, and does nothing', async () => {
  const { registrations, newcomers, paths } = server.library;
  const before = JSON.stringify([registrations.all(), newcomers.window(), readAudit(paths)]);
  for (const act of FOR_KEEPERS) {
    const asked = await server.teacher.get(askFor(act));
    assert.is(asked.status, 403, act);
    assert.match(asked.body, /Only somebody who keeps the server may do this/, act);
    assert.not.match(asked.body, /name="act"/, act);
    const forced = await force(server.teacher, act);
    assert.is(forced.status, 403, `${act}, forced`);
  }
  const now = JSON.stringify([registrations.all(), newcomers.window(), readAudit(paths)]);
  assert.is(now, before);
  const refused = server.events.filter(({ event }) => event === 'act-refused');
  assert.is(refused.length, 2 * FOR_KEEPERS.length);
  assert.equal(refused[0]?.fields, { act: 'reject-many', teacher: 'Ana' });
});

test('all other acts are not refused to a teacher for that; none to a keeper', async () => {
  for (const act of ACT_NAMES) {
    const isFree = !FOR_KEEPERS.includes(act);
    const words = /Only somebody who keeps the server/;
    if (isFree) assert.not.match((await force(server.teacher, act)).body, words, act);
    assert.not.match((await server.keeper.get(askFor(act))).body, words, act);
  }
  const { status } = await force(server.keeper, 'retire');
  assert.is(status, 303);
  assert.is(server.library.registrations.isActive(SERIAL), false);
});

test('a teacher who may not join two laptops is told whom to tell; a keeper has the button', async () => {
  const { registrations, newcomers, index } = server.library;
  await index.recordSuccess(OTHER, new Date(server.clock.time - 10 * DAY_MS));
  newcomers.openWindow(1);
  registrations.register(serialOf(5), 'Pedro', 'uuid-5', dsaKey(5));
  newcomers.openWindow(0);
  const path = '/xs-backup/waiting?only=proposals';
  const [hers, theirs] = [await server.teacher.get(path), await server.keeper.get(path)];
  assert.match(hers.body, /If the child says so, tell whoever keeps the server/);
  assert.not.match(hers.body, /act=alias/);
  assert.match(theirs.body, /act=alias/);
  assert.not.match(theirs.body, /tell whoever keeps the server\./);
  const dates = [...hers.body.matchAll(/registered (just now|[^<]+ ago)/g)];
  assert.is(dates.length, 2, 'of both laptops');
});

test('a page shows nobody what she may not do, and says that there is more', async () => {
  const page = `/xs-backup/laptop/${SERIAL}`;
  const another = `/xs-backup/laptop/${OTHER}`;
  const acts = (body: string) => [...body.matchAll(/do\?act=([\w-]+)/g)].map(([, act]) => act);
  const [hers, theirs] = [await server.teacher.get(page), await server.keeper.get(page)];
  assert.equal(acts(theirs.body), ['unretire', 'forget']);
  assert.equal(acts(hers.body), []);
  assert.match((await server.keeper.get(another)).body, /\/replaces"/);
  assert.not.match((await server.teacher.get(another)).body, /\/replaces"/);
  assert.match(hers.body, /Whoever keeps the server can do more/);
  assert.not.match(theirs.body, /Whoever keeps the server can do more/);
  const asked = await server.teacher.get(`${page}/replaces`);
  assert.equal([asked.status, asked.headers.location], [303, page]);
  assert.is((await server.keeper.get(`${page}/replaces`)).status, 200);
  assert.equal(acts((await server.teacher.get('/xs-backup/waiting')).body), []);
  assert.ok(acts((await server.keeper.get('/xs-backup/waiting')).body).includes('register-window'));
});

test('another role counts at once, for who is signed in as well, and stands in the log', async () => {
  await server.command('teacher', ['role', 'Ana', 'keeper']);
  assert.is((await server.teacher.get(askFor('retire'))).status, 200);
  const said = await server.command('teacher', ['role', 'Rosa', 'teacher']);
  assert.not.match(said, /nobody on the pages/);
  assert.is((await force(server.keeper, 'retire')).status, 403);
  assert.match(
    await server.command('teacher', ['role', 'Ana', 'teacher']),
    /nobody on the pages is a keeper now/,
  );
  const lines = readAudit(server.library.paths).filter(({ event }) => event === 'teacher-role');
  assert.equal(
    lines.map(({ details }) => details),
    [
      { name: 'Ana', role: 'keeper' },
      { name: 'Rosa', role: 'teacher' },
      { name: 'Ana', role: 'teacher' },
    ],
  );
  assert.match((await server.teacher.get('/xs-backup/audit')).body, /changed what .*Rosa.* may do/);
});

test('a new password changes no role, unless it is said; accounts of an older version are keepers', async () => {
  await using other = await openWhole();
  const { paths } = other.library;
  const roles = () => readTeachers(paths).map(({ name, role }) => `${name} ${role}`);
  const add = (name: string, role?: 'keeper' | 'teacher') =>
    addTeacher(paths, name, PASSWORD, new Date(), role);
  await add('Rosa');
  await add('Ana');
  await add('Rosa');
  await add('Ana');
  assert.equal(roles(), ['Ana teacher', 'Rosa keeper']);
  await add('Ana', 'keeper');
  assert.equal(roles(), ['Ana keeper', 'Rosa keeper']);
  const file = inState(paths).teachers;
  const { teachers } = JSON.parse(readFileSync(file, 'utf8'));
  const old = teachers.map(({ role: _, ...rest }: { role: string }) => rest);
  writeFileSync(file, JSON.stringify({ version: 1, teachers: old }));
  assert.equal(roles(), ['Ana keeper', 'Rosa keeper']);
  await add('Luz');
  assert.equal(roles(), ['Ana keeper', 'Luz teacher', 'Rosa keeper']);
  for (const role of ['admin', null, 1]) {
    writeFileSync(
      file,
      JSON.stringify({ version: 2, teachers: teachers.map((one: object) => ({ ...one, role })) }),
    );
    assert.throws(roles, /damaged/, String(role));
  }
});

const WRONG: string[][] = [
  ['role'],
  ['role', 'Rosa'],
  ['role', 'Rosa', 'admin'],
  ['add', 'Rosa', 'admin'],
  ['remove', 'Rosa', 'keeper'],
  ['list', 'Rosa'],
];
for (const args of WRONG) {
  test(`"teacher ${args.join(' ')}" is refused with what is right`, async () => {
    const [error] = await Promise.allSettled([server.command('teacher', args)]);
    assert.match(
      String(error.status === 'rejected' && error.reason),
      /"role NAME ROLE"|"keeper" or "teacher"/,
    );
  });
}

test.run();
