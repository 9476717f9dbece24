// time limit: 300 s
/**
 * Every page in real headless Chromium, with and without JavaScript: what axe-core says, whether it
 * fits 600 px, and pictures of it in .screenshots/ for people to look at.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SERIAL } from '../xs/library.ts';
import { DAMAGED, type Jocinta, OLD, openJocinta, TEACHER } from './jocinta.ts';

const test = suite('X9: the restore pages in Chromium');

const SHOTS = join(fileURLToPath(new URL('../..', import.meta.url)), '.screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { wide: { width: 1200, height: 900 }, small: { width: 600, height: 800 } };

let school: Jocinta;
let chrome: Browser;

test.before(async () => {
  school = await openJocinta();
  chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});

test.after(async () => {
  await chrome?.close();
  await school?.[Symbol.asyncDispose]();
});

interface Visit extends AsyncDisposable {
  page: Page;
  /** What the browser complained about. */
  complaints: string[];
}

/** A browser of somebody's own; nothing may be missing and no rule be broken while it looks. */
async function visit(
  locale: string,
  size: keyof typeof SIZES,
  javaScriptEnabled = true,
): Promise<Visit> {
  const options = { locale, viewport: SIZES[size], baseURL: school.url, javaScriptEnabled };
  const context: BrowserContext = await chrome.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // Ours: what a page still wanted when we went on to the next, or kept as a file.
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${why}`);
  });
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Violations of axe's rules, best practices included. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate('axe.run(document)');
  const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

async function overflow(page: Page): Promise<number> {
  const width = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  return (await page.evaluate(width)) as number;
}

const PAGES: [name: string, path: () => string, needs: 'child' | 'nobody'][] = [
  ['sign-in', () => '/ds-restore/sign-in', 'nobody'],
  ['days', () => `/ds-restore/${SERIAL}/`, 'child'],
  ['day', () => school.day(SERIAL), 'child'],
  ['old-day', () => school.day(OLD), 'child'],
  ['search', () => `/ds-restore/${SERIAL}/all/?q=casa&kind=picture`, 'child'],
  ['nothing-found', () => `/ds-restore/${SERIAL}/all/?q=xyzzy`, 'child'],
  ['entry', () => school.entry(0), 'child'],
  ['entry-plain', () => school.entry(1), 'child'],
  ['entry-damaged', () => school.entry(DAMAGED), 'child'],
  ['missing', () => `/ds-restore/${SERIAL}/all/nothing`, 'child'],
];

for (const [locale, size] of [
  ['es-PE', 'wide'],
  ['en', 'small'],
  ['ar', 'small'],
] as const) {
  for (const [name, path, needs] of PAGES) {
    test(`${name} in ${locale}, ${size}: no violation, no complaint, nothing beside the edge`, async () => {
      await using visitor = await visit(locale, size);
      const { page, complaints } = visitor;
      if (needs === 'child') await page.goto(school.links.make(SERIAL));
      await page.goto(path(), { waitUntil: 'networkidle' });
      await page.screenshot({
        path: join(SHOTS, `pages-${name}-${locale}-${size}.png`),
        fullPage: true,
      });
      assert.equal(await violations(page), []);
      assert.ok((await overflow(page)) <= 0, `${await overflow(page)} px too wide`);
      const unexpected = complaints.filter((text) => name !== 'missing' || !/404/.test(text));
      assert.equal(unexpected, []);
    });
  }
}

test('without JavaScript, a child comes from her link to a file', async () => {
  await using visitor = await visit('es', 'small', false);
  const { page, complaints } = visitor;
  await page.goto(school.links.make(SERIAL));
  await page.click('.day.newest');
  await page.fill('#q', 'PECES');
  await page.click('.search button');
  await page.click('.entry >> nth=0');
  const downloading = page.waitForEvent('download');
  await page.click('.ways .button >> nth=0');
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^El río y los peces, .*\.txt$/);
  assert.match(readFileSync(await download.path(), 'utf8'), /^El río y los peces/);
  await page.click('.who button');
  assert.match(page.url(), /sign-in$/);
  await page.goto(`/ds-restore/${SERIAL}/`);
  assert.match(page.url(), /sign-in\?back=/);
  assert.equal(complaints, []);
});

test('pages, languages and a child of few words: everything is reached by keyboard', async () => {
  await using visitor = await visit('en', 'small');
  const { page } = visitor;
  await page.goto(school.links.make(SERIAL));
  await page.keyboard.press('Tab');
  assert.is(await page.evaluate('document.activeElement.textContent'), 'To the content');
  await page.goto(school.day(SERIAL));
  await page.click('.pages a[rel=next]');
  assert.match(String(await page.textContent('.pages')), /Page 2 of 2/);
  await page.click('footer a[lang=ar]');
  assert.is(await page.getAttribute('html', 'dir'), 'rtl');
  assert.match(page.url(), /page=2$/, 'where she was');
});

test('a teacher signs in, and comes back to the Journal she wanted', async () => {
  await using visitor = await visit('es', 'wide');
  const { page } = visitor;
  await page.goto(`/ds-restore/${SERIAL}/`);
  await page.fill('#name', TEACHER.name);
  await page.fill('#password', 'no es esta');
  await page.click('main button');
  await page.screenshot({ path: join(SHOTS, 'pages-sign-in-wrong.png') });
  assert.equal(await violations(page), []);
  await page.fill('#name', TEACHER.name);
  await page.fill('#password', TEACHER.password);
  await page.click('main button');
  assert.match(page.url(), new RegExp(`/ds-restore/${SERIAL}/$`));
  assert.match(String(await page.textContent('h1')), /El Diario de Jocinta/);
});

test.run();
