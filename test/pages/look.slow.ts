// weight: 45
/**
 * Every page in real headless Chromium, with and without JavaScript: what axe-core says, whether it
 * fits 600 px, and pictures of it in .screenshots/ for people to look at.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { takeaway } from '../../xs/commands/away/takeaway.ts';
import { soak } from '../soak.ts';
import { SERIAL } from '../xs/library.ts';
import {
  launchChromium,
  overflow,
  type Size,
  shoot,
  type Visit,
  violations,
  visit as visitAt,
} from './chromium.ts';
import { DAMAGED, type Jocinta, OLD, openJocinta, TEACHER } from './jocinta.ts';

const test = suite('the restore pages in Chromium');

let school: Jocinta;
let chrome: Browser;

test.before(async () => {
  school = await openJocinta();
  chrome = await launchChromium();
});

test.after(async () => {
  await chrome?.close();
  await school?.[Symbol.asyncDispose]();
});

const visit = (locale: string, size: Size, javaScript = true): Promise<Visit> =>
  visitAt(chrome, school.url, locale, size, javaScript);

const PAGES: [name: string, path: () => string, needs: 'child' | 'nobody'][] = [
  ['start', () => '/', 'nobody'],
  ['sign-in', () => '/ds-restore/sign-in', 'nobody'],
  ['days', () => `/ds-restore/${SERIAL}/`, 'child'],
  ['day', () => school.day(SERIAL), 'child'],
  ['old-day', () => school.day(OLD), 'child'],
  ['search', () => `/ds-restore/${SERIAL}/all/?q=casa&kind=picture`, 'child'],
  ['nothing-found', () => `/ds-restore/${SERIAL}/all/?q=xyzzy`, 'child'],
  ['entry', () => school.entry(0), 'child'],
  ['entry-plain', () => school.entry(1), 'child'],
  ['entry-damaged', () => school.entry(DAMAGED), 'child'],
  ['missing-day', () => `/ds-restore/${SERIAL}/${SERIAL}/datastore-2020-01-01_08:00/`, 'child'],
  ['missing', () => `/ds-restore/${SERIAL}/all/nothing`, 'child'],
];

const LOOKS: [locale: string, size: Size][] = [
  ['es-PE', 'wide'],
  ['ar', 'small'],
];
for (const [locale, size] of soak<typeof LOOKS>([...LOOKS, ['en', 'small']], LOOKS)) {
  test(`in ${locale}, ${size}: no violation, no complaint, nothing beside the edge`, async () => {
    await using visitor = await visit(locale, size);
    const { page, complaints } = visitor;
    const problems: string[] = [];
    for (const [name, path, needs] of PAGES) {
      if (needs === 'child') await page.goto(school.links.make(SERIAL));
      await page.goto(path(), { waitUntil: 'networkidle' });
      await shoot(page, `pages-${name}-${locale}-${size}`);
      const width = await overflow(page);
      const found = [
        ...(await violations(page)),
        ...(width > 0 ? [`${width} px too wide`] : []),
        ...complaints.splice(0).filter((text) => !name.startsWith('missing') || !/404/.test(text)),
      ];
      problems.push(...found.map((one) => `${name}: ${one}`));
    }
    assert.equal(problems, []);
  });
}

test('the page of a takeaway, opened from the disk: no violation, pictures, and links to real files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-taken-'));
  try {
    const file = join(folder, 'taken.zip');
    const { signal } = new AbortController();
    const silent = { progress: () => {}, print: () => {} };
    const { paths } = school.library;
    await takeaway.run({ paths, args: [SERIAL, file], flags: { all: true }, signal, ...silent });
    execFileSync('unzip', ['-q', file, '-d', folder]);
    for (const size of ['small', 'wide'] as const) {
      await using visitor = await visit('en', size, size === 'wide');
      const { page, complaints } = visitor;
      await page.goto(`file://${folder}/index.html`);
      await shoot(page, `takeaway-${size}`);
      const width = await overflow(page);
      const found = size === 'wide' ? await violations(page) : [];
      assert.equal([...found, ...complaints, width], [0], size);
      const links = await page.$$eval('a', (all) => all.map((one) => String(one.href)));
      assert.ok(links.length > 5);
      for (const link of links) assert.ok(existsSync(fileURLToPath(link)), link);
      const broken =
        '[...document.images].filter((i) => i.complete && i.naturalWidth === 0).length';
      assert.is(await page.evaluate(broken), 0);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

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
  await page.click('form[action$="/sign-in"] button');
  await shoot(page, 'pages-sign-in-wrong');
  assert.equal(await violations(page), []);
  await page.fill('#name', TEACHER.name);
  await page.fill('#password', TEACHER.password);
  await page.click('form[action$="/sign-in"] button');
  assert.match(page.url(), new RegExp(`/ds-restore/${SERIAL}/$`));
  assert.match(String(await page.textContent('h1')), /El Diario de Jocinta/);
});

test.run();
