/** A child signs in with the code that her teacher gave her: on the pages, with whatever browsers send. */
import { writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher, removeTeacher } from '../../../xs/admin/teachers.ts';
import { giveCode } from '../../../xs/codes/codes.ts';
import { readAudit } from '../../../xs/registration/audit.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { SERIAL } from '../library.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite('a child signs in with a code of her teacher');

const PASSWORD = 'four words are enough';
const HOME = `/ds-restore/${SERIAL}/`;
const OTHER = serialOf(2);
const FORM = '/ds-restore/code';
const SIGN_IN = '/ds-restore/sign-in';

async function school(): Promise<PagesServer> {
  const server = await servePages('[http]\nproxies = ["127.0.0.1"]\n');
  server.library.registrations.register(OTHER, 'Pedro', 'uuid-2', dsaKey(2));
  return server;
}

async function codeFor(server: PagesServer, serial = SERIAL): Promise<string> {
  const printed = await server.command('sign-in-code', [serial], { json: true });
  return JSON.parse(printed).code;
}

const type = (browser: Browser, code: string) => browser.fill(SIGN_IN, FORM, { code });

/** From an address of its own; the service believes the web server in front. */
async function typeFrom(server: PagesServer, address: string, code: string) {
  const browser = openBrowser(server.url);
  const headers = { 'x-forwarded-for': address };
  const { body } = await browser.get(SIGN_IN, headers);
  const form = /name="form" value="([^"]+)"/.exec(body)?.[1] ?? '';
  return browser.post(FORM, { form, code }, headers);
}

test('also while nobody can read which teachers there are', async () => {
  await using server = await school();
  const { paths } = server.library;
  await addTeacher(paths, 'Rosa', PASSWORD, server.clock.now());
  const teacher = openBrowser(server.url);
  await teacher.fill(SIGN_IN, SIGN_IN, { name: 'Rosa', password: PASSWORD });
  assert.is((await teacher.get('/xs-backup/class')).status, 200);
  const code = await codeFor(server);
  writeFileSync(inState(paths).teachers, '{"version": 2, "teachers": [{');
  assert.is((await openBrowser(server.url).get(SIGN_IN)).status, 200);
  assert.is((await type(openBrowser(server.url), code)).headers.location, HOME);
  const gone = await teacher.get('/xs-backup/class');
  assert.is(gone.headers.location, `${SIGN_IN}?back=%2Fxs-backup%2Fclass`);
  const [, form = ''] = /name="form" value="([^"]+)"/.exec((await teacher.get(SIGN_IN)).body) ?? [];
  const again = await teacher.post(SIGN_IN, { form, name: 'Rosa', password: PASSWORD });
  assert.is(again.status, 403);
});

test('once, into her Journal and no other', async () => {
  await using server = await school();
  const [code, theirs] = [await codeFor(server), await codeFor(server, OTHER)];
  const browser = openBrowser(server.url);
  const first = await type(browser, code.toLowerCase());
  assert.equal([first.status, first.headers.location], [303, HOME]);
  assert.match(String(first.headers['set-cookie']), /ds-session=[\w-]{43}; Path=\/; HttpOnly/);
  assert.is((await browser.get(HOME)).status, 200);
  assert.is((await browser.get(`/ds-restore/${OTHER}/`)).status, 404, 'of another child');
  assert.is((await browser.get('/xs-backup')).status, 404, 'a page for teachers');
  const again = await type(openBrowser(server.url), code);
  assert.is(again.status, 403);
  assert.match(again.body, /not a code that is good now/);
  const { headers } = await type(openBrowser(server.url), theirs);
  assert.is(headers.location, `/ds-restore/${OTHER}/`);
});

test('where she comes to is where she is told to ask, and a page loaded again is the same', async () => {
  await using server = await school();
  const browser = openBrowser(server.url);
  for (const path of ['/', SIGN_IN]) {
    const { body } = await browser.get(path, { accept: 'text/html' });
    assert.match(body, /Your laptop does not have it\? Ask your teacher for a code\./, path);
  }
  const { status, headers } = await browser.get(FORM);
  assert.equal([status, headers.location], [303, SIGN_IN]);
});

test('a session goes with the account of who gave the code, or her password; others stay', async () => {
  await using server = await school();
  const { paths, audit } = server.library;
  const signIn = async (teacher: string | undefined) => {
    const give = () => giveCode(server.library, SERIAL);
    const browser = openBrowser(server.url);
    await type(browser, teacher === undefined ? give() : audit.inNameOf(teacher, give));
    assert.is((await browser.get(HOME)).status, 200);
    return browser;
  };
  const stays = async (browser: Browser) => (await browser.get(HOME)).status === 200;
  for (const name of ['Rosa', 'Eva']) await addTeacher(paths, name, PASSWORD, server.clock.now());
  const ofRosa = await signIn('Rosa');
  const ofEva = await signIn('Eva');
  const ofTerminal = await signIn(undefined);
  const all = [ofRosa, ofEva, ofTerminal];
  removeTeacher(paths, 'Rosa');
  assert.equal(await Promise.all(all.map(stays)), [false, true, true]);
  await addTeacher(paths, 'Rosa', PASSWORD, server.clock.now());
  assert.equal(await Promise.all(all.map(stays)), [false, true, true]);
  await addTeacher(paths, 'Eva', 'another four words here', server.clock.now());
  assert.equal(await Promise.all(all.map(stays)), [false, false, true]);
});

test('a session ends when its laptop is put out of use, also when that comes back at once', async () => {
  await using server = await school();
  const browser = openBrowser(server.url);
  await type(browser, await codeFor(server));
  assert.is((await browser.get(HOME)).status, 200);
  server.library.registrations.retire(SERIAL);
  server.library.registrations.unretire(SERIAL);
  assert.is.not((await browser.get(HOME)).status, 200);
});

test('whatever else is sent opens nothing, changes nothing, and is answered with a page', async () => {
  await using server = await school();
  const code = await codeFor(server);
  const browser = openBrowser(server.url);
  const form = /name="form" value="([^"]+)"/.exec((await browser.get(SIGN_IN)).body)?.[1] ?? '';
  const odd = [
    '',
    '        ',
    'x'.repeat(5000),
    '\u0000'.repeat(8),
    '../../../etc',
    '"><script>',
    '%',
  ];
  for (const one of odd) {
    const { status, body } = await browser.post(FORM, { form, code: one });
    assert.is(status, 403, one.slice(0, 20));
    assert.match(body, /eight letters and digits/);
    assert.not.match(body, /<script>/);
  }
  assert.is((await browser.post(FORM, { form })).status, 403, 'none');
  const twice = `form=${form}&code=${encodeURIComponent(code)}&code=x`;
  const head = { 'content-type': 'application/x-www-form-urlencoded' };
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const sent = { method: 'POST', body: twice, headers: { ...head, cookie } };
  assert.is((await fetch(server.url + FORM, sent)).status, 403, 'two of them');
  const noForm = await browser.post(FORM, { code });
  assert.is(noForm.status, 403, 'from another site');
  assert.not(noForm.headers['set-cookie']?.toString().includes('ds-session'));
  const planted = { method: 'POST', body: `code=${code}&form=${form}`, headers: head };
  assert.is(
    (await fetch(server.url + FORM, planted)).status,
    403,
    'with the form of another browser',
  );
  assert.is(
    (await fetch(`${server.url}${FORM}?code=${code}`)).status,
    200,
    'in an address: the page',
  );
  assert.is((await type(browser, code)).headers.location, HOME, 'it is still good');
});

test('who guesses must wait; a child at another address, and one who mistyped, does not', async () => {
  await using server = await school();
  const code = await codeFor(server);
  const statuses = [];
  for (let n = 0; n < 7; n += 1)
    statuses.push((await typeFrom(server, '10.0.0.66', '2222 2222')).status);
  assert.equal(statuses, [403, 403, 403, 403, 403, 429, 429]);
  const right = await typeFrom(server, '10.0.0.66', code);
  assert.is(right.status, 429, 'also with the right one: nothing is learned');
  for (const wrong of ['3333 3333', '4444 4444']) await typeFrom(server, '10.0.0.7', wrong);
  assert.is((await typeFrom(server, '10.0.0.7', code)).headers.location, HOME);
  assert.is(server.events.filter(({ event }) => event === 'sign-in-code-refused').length, 7);
});

test("the teacher's page of the laptop gives it, to be printed, and names who did", async () => {
  await using server = await school();
  for (const name of ['Rosa', 'Ana']) {
    await addTeacher(server.library.paths, name, PASSWORD, new Date());
  }
  server.library.registrations.alias(SERIAL, OTHER);
  const page = `/xs-backup/laptop/${SERIAL}`;
  const codes = [];
  const teachers = [];
  for (const name of ['Rosa', 'Ana']) {
    const teacher = openBrowser(server.url);
    teachers.push(teacher);
    await teacher.fill(SIGN_IN, SIGN_IN, { name, password: PASSWORD });
    const { status, body } = await teacher.fill(page, `${page}/code`, {});
    assert.is(status, 200);
    assert.match(body, /http:\/\/schoolserver\/ds-restore</);
    assert.match(body, /for 24 hours/);
    codes.push(/given-code[^>]*>([2-9A-Y]{4} [2-9A-Y]{4})</.exec(body)?.[1] ?? '');
    assert.is((await teacher.get(`${page}/code`)).headers.location, page, 'loaded again');
  }
  const [first = '', second = ''] = codes;
  assert.is((await type(openBrowser(server.url), first)).status, 403, 'the one before');
  const child = openBrowser(server.url);
  assert.is((await type(child, second)).headers.location, HOME);
  assert.is((await child.post(`${page}/code`, {})).status, 403);
  assert.is((await child.fill(HOME, '/ds-restore/sign-out', {})).status, 303);
  const lines = readAudit(server.library.paths, SERIAL).filter(({ event }) => /^code/.test(event));
  assert.equal(
    lines.map(({ event, name }) => [event, name]),
    [
      ['code-given', 'Rosa'],
      ['code-given', 'Ana'],
      ['code-used', undefined],
    ],
  );
  const [teacher = child] = teachers;
  const log = (await teacher.get(`/xs-backup/audit?serial=${SERIAL}`)).body;
  assert.match(log, /gave out a code that opens the Journal of/);
  await server.command('retire', [SERIAL]);
  assert.not.match((await teacher.get(page)).body, /laptop\/[A-Z0-9]+\/code/);
  assert.is((await teacher.post(`${page}/code`, {})).status, 403, 'without a form');
});

test.run();
