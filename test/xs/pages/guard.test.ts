import { statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher, removeTeacher } from '../../../xs/admin/teachers.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite('who may see the pages');

const PASSWORD = 'four words are enough';
const SIGN_IN = '/ds-restore/sign-in';

async function withTeacher(settings = ''): Promise<PagesServer> {
  const server = await servePages(settings);
  await addTeacher(server.library.paths, 'Rosa', PASSWORD, new Date());
  return server;
}

const signIn = (server: PagesServer, password = PASSWORD, browser = openBrowser(server.url)) =>
  browser.fill(SIGN_IN, SIGN_IN, { name: 'Rosa', password });

test('a teacher signs in with a password and out again', async () => {
  await using server = await withTeacher();
  const browser = openBrowser(server.url);
  assert.is((await signIn(server, 'something else', browser)).status, 403);
  assert.not(browser.cookies.has('ds-session'));
  const answer = await signIn(server, PASSWORD, browser);
  assert.is(answer.status, 303);
  assert.is(answer.headers.location, '/xs-backup');
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  assert.match(cookie, /^ds-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const page = await browser.get(SIGN_IN);
  assert.match(page.body, /Rosa/);
  const old = browser.cookies.get('ds-session') ?? '';
  assert.is((await browser.fill(SIGN_IN, '/ds-restore/sign-out', {})).status, 303);
  assert.not(browser.cookies.has('ds-session'));
  browser.cookies.set('ds-session', old);
  assert.not.match((await browser.get(SIGN_IN)).body, /Rosa/, 'the old cookie is worth nothing');
});

test('the page says nothing that is not asked: headers forbid scripts, frames and keeping', async () => {
  await using server = await withTeacher();
  const { headers } = await openBrowser(server.url).get(SIGN_IN);
  assert.is(
    headers['content-security-policy'],
    "default-src 'none';style-src 'self';img-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
  );
  assert.is(headers['x-frame-options'], 'DENY');
  assert.is(headers['x-content-type-options'], 'nosniff');
  assert.is(headers['cache-control'], 'no-store');
  assert.is(headers['strict-transport-security'], undefined);
  const laptops = await openBrowser(server.url).get('/metrics');
  assert.is(
    laptops.headers['content-security-policy'],
    undefined,
    "laptops' requests know nothing",
  );
});

test('a form from elsewhere, too old or of another browser is refused', async () => {
  await using server = await withTeacher();
  const browser = openBrowser(server.url);
  const fields = { name: 'Rosa', password: PASSWORD };
  assert.is((await browser.post(SIGN_IN, fields)).status, 403, 'none');
  assert.is((await browser.post(SIGN_IN, { ...fields, form: 'x' })).status, 403, 'made up');
  const form = /name="form" value="([^"]+)"/.exec((await browser.get(SIGN_IN)).body)?.[1] ?? '';
  const other = openBrowser(server.url);
  await other.get(SIGN_IN);
  assert.is((await other.post(SIGN_IN, { ...fields, form })).status, 403, "another browser's");
  for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    assert.is((await browser.post(SIGN_IN, { ...fields, form }, headers)).status, 403);
  }
  assert.is((await browser.post(SIGN_IN, { ...fields, form })).status, 303);
});

test('a name that only leads here is not served', async () => {
  await using server = await withTeacher('[pages]\nhosts = ["biblioteca.example"]');
  const browser = openBrowser(server.url);
  const ask = async (host: string) => (await browser.get(SIGN_IN, { host })).status;
  for (const host of ['evil.example', 'schoolserver.evil.example', '127.0.0.1.evil.example', '@']) {
    assert.is(await ask(host), 400, host);
  }
  for (const host of [
    'schoolserver:8080',
    'SCHOOLSERVER',
    '10.0.0.1',
    '[::1]:80',
    'biblioteca.example',
  ]) {
    assert.is(await ask(host), 200, host);
  }
});

test('wrong passwords make an address wait, longer each time, and a right one too', async () => {
  await using server = await withTeacher();
  const browser = openBrowser(server.url);
  for (let n = 0; n < 5; n += 1) assert.is((await signIn(server, 'wrong', browser)).status, 403);
  assert.is((await signIn(server, PASSWORD, browser)).status, 429);
  server.clock.pass(31_000);
  assert.is((await signIn(server, 'wrong', browser)).status, 403);
  server.clock.pass(31_000);
  assert.is((await signIn(server, PASSWORD, browser)).status, 429);
  server.clock.pass(30_000);
  assert.is((await signIn(server, PASSWORD, browser)).status, 303);
});

test("behind the school's web server each laptop has its own count", async () => {
  await using server = await withTeacher();
  const tried = async (from: string, password: string) => {
    const browser = openBrowser(server.url);
    const { body } = await browser.get(SIGN_IN);
    const form = /name="form" value="([^"]+)"/.exec(body)?.[1] ?? '';
    const headers = { 'x-forwarded-for': from };
    return (await browser.post(SIGN_IN, { name: 'Rosa', password, form }, headers)).status;
  };
  // What a laptop claims itself stands before what the web server adds.
  for (let n = 0; n < 5; n += 1) await tried(`10.9.9.${n}, 10.0.0.7`, 'wrong');
  assert.is(await tried('10.0.0.7', PASSWORD), 429);
  assert.is(await tried('10.0.0.8', PASSWORD), 303);
});

test('a session ends when it is not used, with the password, and with the teacher', async () => {
  await using server = await withTeacher();
  const { paths } = server.library;
  const browser = openBrowser(server.url);
  const isIn = async () => /Rosa/.test((await browser.get(SIGN_IN)).body);
  await signIn(server, PASSWORD, browser);
  server.clock.pass(29 * 60_000);
  assert.ok(await isIn());
  server.clock.pass(31 * 60_000);
  assert.not(await isIn());
  await signIn(server, PASSWORD, browser);
  await addTeacher(paths, 'Rosa', `${PASSWORD}!`, new Date(Date.now() + 1000));
  assert.not(await isIn(), 'another password');
  await signIn(server, `${PASSWORD}!`, browser);
  assert.ok(await isIn());
  removeTeacher(paths, 'Rosa');
  assert.not(await isIn(), 'no teacher any more');
});

test('after signing in one comes to a page of ours, whatever the link said', async () => {
  await using server = await withTeacher();
  const cases = [
    ['/ds-restore/CSN74803BB1/?q=%C3%B1', '/ds-restore/CSN74803BB1/?q=%C3%B1'],
    ['//evil.example/ds-restore', '/xs-backup'],
    ['/ds-restore//evil.example', '/xs-backup'],
    ['/\\evil.example', '/xs-backup'],
    ['http://evil.example/xs-backup', '/xs-backup'],
    ['/xs-backup\r\nSet-Cookie: a=b', '/xs-backup'],
    ['/xs-backupevil', '/xs-backup'],
  ];
  for (const [back = '', where] of cases) {
    const browser = openBrowser(server.url);
    const path = `${SIGN_IN}?back=${encodeURIComponent(back)}`;
    const answer = await browser.fill(path, SIGN_IN, { name: 'Rosa', password: PASSWORD });
    assert.is(answer.status, 303, back);
    assert.is(answer.headers.location, where, back);
  }
});

test('a page is in the language of the browser, or in the one that was chosen', async () => {
  await using server = await withTeacher();
  const browser = openBrowser(server.url);
  const head = async (accepted: string) =>
    /<html[^>]*>/.exec((await browser.get(SIGN_IN, { 'accept-language': accepted })).body)?.[0];
  assert.is(await head('qu-PE, es-PE;q=0.9, en;q=0.1'), '<html lang="es" dir="ltr">');
  assert.is(await head('../../etc, ar'), '<html lang="ar" dir="rtl">');
  assert.is(await head('de'), '<html lang="en" dir="ltr">');
  const chosen = await browser.get('/ds-restore/language?to=fr&back=%2Fds-restore%2Fsign-in');
  assert.is(chosen.headers.location, SIGN_IN);
  assert.is(await head('es'), '<html lang="fr" dir="ltr">');
});

test('the style sheet may be kept for a year, since its name changes with it', async () => {
  await using server = await withTeacher();
  const browser = openBrowser(server.url);
  const [, href = ''] =
    /rel="stylesheet" href="([^"]+)"/.exec((await browser.get(SIGN_IN)).body) ?? [];
  const { status, headers } = await browser.get(href);
  assert.equal([status, headers['content-type']], [200, 'text/css; charset=utf-8']);
  assert.match(String(headers['cache-control']), /max-age=31536000, immutable/);
});

test('teachers are added, listed and removed at the terminal; the file is for nobody else', async () => {
  await using server = await servePages();
  const { library, command } = server;
  const add = (name: string, secret: string) => {
    const request = { command: 'teacher', args: ['add', name], flags: {}, secret };
    return runCommand(library, request, () => {}, new AbortController().signal);
  };
  await add('Rosa', PASSWORD);
  assert.is(statSync(inState(library.paths).teachers).mode & 0o777, 0o600);
  assert.match(await command('teacher', ['list']), /^Rosa {2}keeper {2}since \d{4}-\d\d-\d\d\n$/);
  for (const [name, secret, what] of [
    ['Rosa', 'short', /10 and 200/],
    ['', PASSWORD, /not a valid teacher name/],
    ['a\nb', PASSWORD, /not a valid teacher name/],
  ] as const) {
    const problem = await add(name, secret).catch((error: Error) => error);
    assert.match((problem as Error).message, what);
  }
  assert.is((await signIn(server)).status, 303);
  await command('teacher', ['remove', 'Rosa']);
  assert.is((await signIn(server)).status, 403);
  const audit = await command('audit');
  assert.match(audit, /teacher-added[\s\S]*teacher-removed/);
  assert.not.match(audit, new RegExp(PASSWORD));
});

test.run();
