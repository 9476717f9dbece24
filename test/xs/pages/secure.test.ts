/**
 * Where the server has HTTPS, teachers' passwords and sessions do not cross the air in clear; children's
 * pages stay as they are.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { SERIAL } from '../library.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite('teachers and HTTPS');

const PASSWORD = 'four words are enough';
const SIGN_IN = '/ds-restore/sign-in';
const HOME = `/ds-restore/${SERIAL}/`;
/** As the school's web server says it, which forwards to us from this machine. */
const SECURE = { 'x-forwarded-proto': 'https' };
const ON = '[https]\npublicPort = 443\n';

async function withTeacher(settings: string): Promise<PagesServer> {
  const server = await servePages(settings);
  await addTeacher(server.library.paths, 'Rosa', PASSWORD, new Date());
  return server;
}

const formIn = (body: string): string => /name="form" value="([^"]+)"/.exec(body)?.[1] ?? '';

async function signIn(browser: Browser, headers: Record<string, string> = SECURE) {
  const form = formIn((await browser.get(SIGN_IN, headers)).body);
  return browser.post(SIGN_IN, { name: 'Rosa', password: PASSWORD, form }, headers);
}

test('over plain HTTP nobody is asked for a password, and none is taken', async () => {
  await using server = await withTeacher(ON);
  const browser = openBrowser(server.url);
  const page = await browser.get(SIGN_IN, { host: 'schoolserver' });
  assert.is(page.status, 200);
  assert.not.match(page.body, /type="password"/);
  assert.match(page.body, /href="https:\/\/schoolserver\/ds-restore\/sign-in\?back=%2Fxs-backup"/);
  assert.match(page.body, /I am a child/, 'nothing changes for children');
  const sent = { name: 'Rosa', password: PASSWORD, form: formIn(page.body) };
  const answer = await browser.post(SIGN_IN, sent);
  assert.is(answer.status, 403);
  assert.not(answer.headers['set-cookie']?.toString().includes('ds-session'));
});

test("the teachers' pages lead to the same page over HTTPS, children's do not", async () => {
  await using server = await withTeacher('[https]\npublicPort = 8443\n');
  const browser = openBrowser(server.url);
  for (const [host, path, where] of [
    ['schoolserver', '/xs-backup', 'https://schoolserver:8443/xs-backup'],
    ['10.0.0.1:8080', '/xs-backup/audit?page=2', 'https://10.0.0.1:8443/xs-backup/audit?page=2'],
    ['[fd00::1]:8080', '/xs-backup/', 'https://[fd00::1]:8443/xs-backup/'],
  ] as const) {
    const { status, headers } = await browser.get(path, { host });
    assert.equal([status, headers.location], [303, where]);
  }
  assert.is((await browser.get('/xs-backup', { host: 'evil.example' })).status, 400);
  const child = await browser.get(server.links.make(SERIAL));
  assert.equal([child.status, child.headers.location], [303, HOME]);
  assert.match(String(child.headers['set-cookie']), /ds-session=[\w-]{43}; Path=\/; HttpOnly/);
});

test('over HTTPS every cookie is Secure, also when a web server in front says so', async () => {
  await using server = await withTeacher(ON);
  const browser = openBrowser(server.url);
  const page = await browser.get(SIGN_IN, SECURE);
  const answer = await signIn(browser);
  assert.equal([answer.status, answer.headers.location], [303, '/xs-backup']);
  const language = await browser.get('/ds-restore/language?to=fr', SECURE);
  const set = [page, answer, language].flatMap(({ headers }) => headers['set-cookie'] ?? []);
  assert.is(set.length, 3);
  for (const cookie of set) {
    assert.match(cookie, /^__Host-ds-(session|browser|language)=/);
    assert.match(cookie, /; Secure/);
  }
  const { headers } = await browser.get('/xs-backup', SECURE);
  assert.is(
    headers['strict-transport-security'],
    undefined,
    'it would lock out who has to accept the certificate',
  );
  assert.match((await browser.get('/xs-backup', SECURE)).body, /Rosa/);
  assert.is(
    (await browser.fill('/xs-backup', '/ds-restore/sign-out', {})).status,
    403,
    'not over plain HTTP',
  );
});

test('only the web servers that the settings name are believed', async () => {
  await using server = await withTeacher(`${ON}[http]\nproxies = ["10.1.1.1"]\n`);
  const browser = openBrowser(server.url);
  assert.is(
    (await browser.get('/xs-backup', SECURE)).headers.location,
    `${SIGN_IN}?back=%2Fxs-backup`,
  );
  const wrong = servePages('[http]\nproxies = ["nonsense"]\n');
  assert.match(String(await wrong.then(() => '', String)), /http\.proxies/);
});

test('a session that began over HTTPS is worth nothing over plain HTTP, whatever its cookie is called', async () => {
  await using server = await withTeacher(ON);
  const browser = openBrowser(server.url);
  await signIn(browser);
  const token = browser.cookies.get('__Host-ds-session') ?? '';
  assert.match(token, /^[\w-]{43}$/);
  const plain = openBrowser(server.url);
  plain.cookies.set('ds-session', token);
  plain.cookies.set('__Host-ds-session', token);
  assert.match(String((await plain.get(HOME)).headers.location), /sign-in/);
  assert.is((await browser.get(HOME, SECURE)).status, 200);
  // And the other way round: what can be planted over plain HTTP is nobody over HTTPS.
  const child = openBrowser(server.url);
  await child.get(server.links.make(SERIAL));
  child.cookies.set('__Host-ds-session', child.cookies.get('ds-session') ?? '');
  assert.match(String((await child.get(HOME, SECURE)).headers.location), /sign-in/);
});

test("a teacher's session in a browser does not keep a child out of her own Journal", async () => {
  await using server = await withTeacher(ON);
  const browser = openBrowser(server.url);
  await signIn(browser);
  const names = [...browser.cookies.keys()];
  await browser.get(server.links.make(SERIAL));
  // A browser refuses to replace a Secure cookie over plain HTTP: the name has to be another.
  assert.ok([...browser.cookies.keys()].some((name) => !names.includes(name)));
  assert.is((await browser.get(HOME)).status, 200);
});

test('over HTTPS a form from the plain side of this server is a foreign one', async () => {
  await using server = await withTeacher(ON);
  const browser = openBrowser(server.url);
  const { host } = new URL(server.url);
  const secure = await signIn(browser, { ...SECURE, origin: `https://${host}` });
  assert.is(secure.status, 303);
  const other = openBrowser(server.url);
  assert.is((await signIn(other, { ...SECURE, origin: `http://${host}` })).status, 403);
});

test('while HTTPS does not work, the page says so and takes no password all the same', async () => {
  await using other = await servePages();
  const { host: taken } = new URL(other.url);
  await using server = await withTeacher(`[https]\nlisten = "${taken}"\n`);
  assert.match(server.library.faults.list()[0]?.reason ?? '', /cannot listen on https\.listen/);
  const browser = openBrowser(server.url);
  assert.match(
    String((await browser.get('/xs-backup')).headers.location),
    /^\/ds-restore\/sign-in/,
  );
  const { body } = await browser.get(SIGN_IN);
  assert.not.match(body, /type="password"|https:/);
  assert.match(body, /xs-backup doctor/);
});

test('teachers come from the networks that the settings name', async () => {
  await using server = await withTeacher('[pages]\nteachersFrom = ["10.1.0.0/16", "fd00::/8"]\n');
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const inside = openBrowser(server.url);
  assert.is((await signIn(inside, from('10.1.2.3'))).status, 303);
  assert.is((await inside.get('/xs-backup', from('::ffff:10.1.2.3'))).status, 200);
  const moved = await inside.get('/xs-backup', from('10.2.0.1'));
  assert.match(String(moved.headers.location), /sign-in/, 'the session stays where it is');
  const outside = openBrowser(server.url);
  const { body } = await outside.get(SIGN_IN, from('10.2.0.1'));
  assert.not.match(body, /type="password"/);
  const form = formIn(body);
  const sent = { name: 'Rosa', password: PASSWORD, form };
  assert.is((await outside.post(SIGN_IN, sent, from('10.2.0.1'))).status, 403);
  assert.is((await signIn(openBrowser(server.url), from('fd00::7'))).status, 303);
  const child = await outside.get(server.links.make(SERIAL), from('10.2.0.1'));
  assert.is(child.headers.location, HOME, 'children come from anywhere');
});

test.run();
