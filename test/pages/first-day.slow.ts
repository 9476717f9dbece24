// weight: 15
/**
 * The first day of a school in real headless Chromium: a wrong host name, nobody who could sign in, no
 * laptop yet. Each page says what to do and breaks no rule of axe-core. The teacher comes over HTTPS, by the
 * certificate that the server made; the browser warns of any other.
 */
import type { Browser, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher } from '../../xs/admin/teachers.ts';
import { waitFor } from '../runner/patience.ts';
import { SERIAL } from '../xs/library.ts';
import { type PagesServer, servePages } from '../xs/pages/browser.ts';
import { launchChromium, overflow, shoot, violations, visit } from './chromium.ts';
import { TEACHER } from './jocinta.ts';

const test = suite('the first day of a school, in Chromium');

let school: PagesServer;
let chrome: Browser;

test.before(async () => {
  school = await servePages('[https]\nlisten = "127.0.0.1:0"\n');
  await school.command('forget', [SERIAL]);
  chrome = await launchChromium(school.library.paths);
});

test.after(async () => {
  await chrome?.close();
  await school?.[Symbol.asyncDispose]();
});

/** As a laptop of the school reaches it. */
const named = (url: string) => url.replace('127.0.0.1', 'schoolserver');

async function look(page: Page, name: string): Promise<void> {
  await shoot(page, `first-day-${name}`);
  assert.equal(await violations(page), [], name);
  assert.ok((await overflow(page)) <= 0, `${name} is too wide`);
}

test('a wrong host name leads to a right one; then to the first teacher and the first laptop', async () => {
  await using visitor = await visit(chrome, named(school.url), 'fr', 'small');
  const { page } = visitor;
  const secureUrl = named(school.secureUrl);
  const { port } = new URL(school.url);
  // Chromium resolves every name below .localhost to this machine.
  const answer = await page.goto(`http://ecole.localhost:${port}/xs-backup`);
  assert.is(answer?.status(), 400);
  assert.is(await page.getAttribute('html', 'lang'), 'fr');
  assert.is(
    await page.getAttribute('main a', 'href'),
    `http://schoolserver:${port}/xs-backup`,
    'the same page',
  );
  await look(page, 'wrong-host');

  await page.goto('/');
  await look(page, 'start');
  await page.click('main a[href="/xs-backup"]');
  assert.ok(page.url().startsWith(`${secureUrl}/ds-restore/sign-in`), page.url());
  assert.match(String(await page.textContent('main')), /xs-backup teacher add/);
  await look(page, 'no-teacher');

  await addTeacher(school.library.paths, TEACHER.name, TEACHER.password, new Date());
  await page.reload();
  await page.fill('#name', TEACHER.name);
  await page.fill('#password', TEACHER.password);
  await page.click('form[action$="/sign-in"] button');
  assert.match(String(await page.textContent('main')), /xs-backup register-window 60/);
  await look(page, 'no-laptop');
  assert.is(page.url(), `${secureUrl}/xs-backup`);
  const cookies = await page.context().cookies();
  assert.ok(cookies.some(({ name, secure }) => name === '__Host-ds-session' && secure));

  // From the plain side she comes back as herself, and nothing of hers goes over it.
  const told: string[] = [];
  page.on('request', async (request) => {
    if (request.url().startsWith('http:')) told.push((await request.allHeaders()).cookie ?? '');
  });
  await page.goto('/');
  await page.click('main a[href="/xs-backup"]');
  assert.is(page.url(), `${secureUrl}/xs-backup`);
  assert.ok(told.length >= 2);
  assert.not.match(told.join('; '), /__Host|ds-session/);
  await page.goto('/ds-restore/sign-in');
  await look(page, 'sign-in-plain');
  await page.click('main a.button');
  assert.ok(page.url().startsWith(secureUrl), page.url());
  assert.is(await page.textContent('header .name'), TEACHER.name);
  await page.goto(`${secureUrl}/xs-backup/paper`);
  await look(page, 'paper');
});

test('of another certificate the browser warns; with her own it can be accepted, for nothing forbids it', async () => {
  await using other = await servePages('[https]\nlisten = "127.0.0.1:0"\n');
  await using visitor = await visit(chrome, named(other.url), 'en', 'small');
  const { page } = visitor;
  const refused = await page.goto('/xs-backup').catch((error: Error) => error);
  assert.match(String(refused), /ERR_CERT_AUTHORITY_INVALID/);
  // What a person does who presses "Advanced" and "Proceed".
  // The warning may still be on its way, and is deaf until it is there.
  await waitFor('the page', async () => {
    await page.keyboard.type('thisisunsafe');
    return (await page.locator('main').count()) > 0;
  });
  assert.match(page.url(), /sign-in/);
});

test.run();
