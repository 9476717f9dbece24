import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { whoseXoid } from '../../../xs/pages/sign-in/sign-on.ts';
import { SERIAL } from '../library.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { openBrowser, servePages } from './browser.ts';

const test = suite('a child is signed on by her laptop');

const HOME = `/ds-restore/${SERIAL}/`;
const xoid = (key: string) =>
  JSON.stringify({
    color: '#FF2B34,#005FE4',
    pkey_hash: createHash('sha1').update(key).digest('hex'),
  });

test('with a link that is good for one visit within five minutes', async () => {
  await using server = await servePages();
  const browser = openBrowser(server.url);
  const path = server.links.make(SERIAL);
  assert.match(path, /^\/ds-restore\/in\/[\w-]{43}$/);
  const first = await browser.get(path);
  assert.equal([first.status, first.headers.location], [303, HOME]);
  assert.match(String(first.headers['set-cookie']), /HttpOnly; SameSite=Lax/);
  assert.is((await browser.get('/ds-restore/')).headers.location, HOME);
  const other = openBrowser(server.url);
  assert.is((await other.get(path)).status, 403, 'a second time');
  const late = server.links.make(SERIAL);
  server.clock.pass(301_000);
  assert.is((await other.get(late)).status, 403, 'too late');
  assert.is((await other.get(`/ds-restore/in/${'A'.repeat(43)}`)).status, 403, 'made up');
  assert.is(other.cookies.has('ds-session'), false);
});

test('the newest three links of a laptop count, and looking with HEAD uses up none', async () => {
  await using server = await servePages();
  const links = [1, 2, 3, 4].map(() => server.links.make(SERIAL));
  const status = async (path = '') => (await openBrowser(server.url).get(path)).status;
  const head = await fetch(server.url + links[3], { method: 'HEAD' });
  assert.is(head.status, 404);
  const statuses = [];
  for (const link of links) statuses.push(await status(link));
  assert.equal(statuses, [403, 303, 303, 303]);
});

test('a laptop that is out of use signs nobody on, and who was signed on is out', async () => {
  await using server = await servePages();
  const browser = openBrowser(server.url);
  await browser.get(server.links.make(SERIAL));
  const link = server.links.make(SERIAL);
  await server.command('retire', [SERIAL]);
  assert.is((await openBrowser(server.url).get(link)).status, 403);
  assert.match(String((await browser.get('/ds-restore/')).headers.location), /sign-in/);
});

test('by the cookie of Browse only where the school has switched that on', async () => {
  for (const [settings, where] of [
    ['', '/ds-restore/sign-in'],
    ['[pages]\nxoid = true', HOME],
  ] as const) {
    await using server = await servePages(settings);
    const browser = openBrowser(server.url);
    browser.cookies.set('xoid', xoid(dsaKey(1)));
    assert.is((await browser.get('/ds-restore/')).headers.location, where);
  }
});

test('a cookie of Browse is nobody when it is damaged, unknown, or of two laptops', () => {
  const laptop = (n: number) => ({ keys: { sugar: `ssh-dss ${dsaKey(n)}`, own: null } });
  const laptops = new Map([1, 2, 3].map((n) => [serialOf(n), laptop(Math.min(n, 2))]));
  assert.is(whoseXoid(xoid(dsaKey(1)), laptops), serialOf(1));
  assert.is(whoseXoid(xoid(dsaKey(2)), laptops), undefined, 'two have it');
  for (const cookie of [undefined, '', 'null', '{}', xoid('other'), `${xoid(dsaKey(1))}x`]) {
    assert.is(whoseXoid(cookie, laptops), undefined, String(cookie));
  }
  assert.is(whoseXoid('{"pkey_hash":["x"]}', laptops), undefined);
});

test('teachers are not led to a Journal, and nobody to the sign-in page', async () => {
  await using server = await servePages();
  const browser = openBrowser(server.url);
  assert.is((await browser.get('/ds-restore/')).headers.location, '/ds-restore/sign-in');
  assert.is((await browser.get('/ds-restore')).headers.location, '/ds-restore/');
  for (const place of [SERIAL, `${SERIAL}/all`, `${SERIAL}/${SERIAL}/datastore-2026-03-02_08:00`]) {
    const { headers } = await browser.get(`/ds-restore/${place}`);
    assert.is(headers.location, `/ds-restore/${place}/`, 'without the slash');
  }
});

test('links that open nothing are refused each, and fill no log', async () => {
  await using server = await servePages();
  const refusals = () =>
    server.events.filter(({ event }) => event === 'web-link-refused').map(({ fields }) => fields);
  for (let n = 0; n < 5; n += 1) {
    assert.is((await openBrowser(server.url).get(`/ds-restore/in/${'a'.repeat(43)}`)).status, 403);
  }
  assert.equal(refusals(), [{ count: 1, address: '127.0.0.1' }]);
  server.clock.pass(60_000);
  await openBrowser(server.url).get('/ds-restore/in/b');
  assert.equal(refusals()[1], { count: 5, address: '127.0.0.1' });
});

test.run();
