// weight: 15
/**
 * The first day of a school in real headless Chromium: a wrong host name, nobody who could sign in, no
 * laptop yet. Each page says what to do and breaks no rule of axe-core.
 */
import type { Browser, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher } from '../../xs/admin/teachers.ts';
import { SERIAL } from '../xs/library.ts';
import { type PagesServer, servePages } from '../xs/pages/browser.ts';
import { launchChromium, overflow, shoot, violations, visit } from './chromium.ts';
import { TEACHER } from './jocinta.ts';

const test = suite('the first day of a school, in Chromium');

let school: PagesServer;
let chrome: Browser;

test.before(async () => {
  school = await servePages();
  await school.command('forget', [SERIAL]);
  chrome = await launchChromium();
});

test.after(async () => {
  await chrome?.close();
  await school?.[Symbol.asyncDispose]();
});

async function look(page: Page, name: string): Promise<void> {
  await shoot(page, `first-day-${name}`);
  assert.equal(await violations(page), [], name);
  assert.ok((await overflow(page)) <= 0, `${name} is too wide`);
}

test('a wrong host name leads to a right one; then to the first teacher and the first laptop', async () => {
  await using visitor = await visit(chrome, school.url, 'fr', 'small');
  const { page } = visitor;
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
  assert.match(String(await page.textContent('main')), /xs-backup teacher add/);
  await look(page, 'no-teacher');

  await addTeacher(school.library.paths, TEACHER.name, TEACHER.password, new Date());
  await page.reload();
  await page.fill('#name', TEACHER.name);
  await page.fill('#password', TEACHER.password);
  await page.click('main button');
  assert.match(String(await page.textContent('main')), /xs-backup register-window 60/);
  await look(page, 'no-laptop');
});

test.run();
