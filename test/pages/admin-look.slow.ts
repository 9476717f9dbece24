// weight: 60
/**
 * Every teachers' page in real headless Chromium: what axe-core says, whether it fits 600 px, reads
 * from right to left and in grey, and pictures of it in .screenshots/ for people to look at.
 */

import type { Browser, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../shared/clock.ts';
import { CLASS } from '../../xs/pages/frame/paths.ts';
import { DAYS_PATH, MOODLE_PATH, PAPER_PATH, PLACES } from '../../xs/pages/frame/teacher-frame.tsx';
import { dayOf, readDays, writeDay } from '../../xs/retention/day-log.ts';
import { newestSnapshot } from '../../xs/storage/snapshots.ts';
import { soak } from '../soak.ts';
import { SERIAL } from '../xs/library.ts';
import { serialOf } from '../xs/whole.ts';
import { launchChromium, overflow, type Size, shoot, violations, visit } from './chromium.ts';
import { ABSENT, HELD, offered, openClassRoom, RETURNED } from './class-room.ts';
import { type Jocinta, TEACHER } from './jocinta.ts';

const test = suite("the teachers' pages in Chromium");

let school: Jocinta;
let chrome: Browser;

test.before(async () => {
  school = await openClassRoom();
  await pastYear();
  school.library.moodle.add({
    ...{ issuer: 'http://box.lan/moodle', client: 'aB3dE6gH9jK2mN5', deployment: '3' },
    ...{
      auth: 'http://box.lan/moodle/mod/lti/auth.php',
      keys: [{ kid: 'k', n: 'AQAB', e: 'AQAB' }],
    },
  });
  chrome = await launchChromium();
});

test.after(async () => {
  await chrome?.close();
  await school?.[Symbol.asyncDispose]();
});

/** Forty weeks of school days, with a disk that fills up, and a few bad days. */
async function pastYear(): Promise<void> {
  const { paths } = school.library;
  for (let n = 280; n >= 0; n -= 1) {
    const date = dayOf(new Date(school.clock.time - n * DAY_MS));
    if (n % 7 > 4) continue;
    const came = n % 11 === 0 ? 3 : 18 + (n % 5);
    const usedBytes = 300e9 - n * 5e8;
    await writeDay(
      paths,
      {
        ...{ date, usedBytes, freeBytes: 500e9 - usedBytes, freeInodes: 0.9, laptops: 24 },
        ...{ came, failed: n % 11 === 0 ? 1 : 0 },
      },
      { date, came: [SERIAL, RETURNED], failed: n % 11 === 0 ? [HELD] : [] },
    );
  }
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/xs-backup');
  await page.fill('#name', TEACHER.name);
  await page.fill('#password', TEACHER.password);
  await page.click('form[action$="/sign-in"] button');
  await page.waitForURL('**/xs-backup');
}

const PAGES: [name: string, path: () => string][] = [
  ...Object.entries(PLACES).map(([name, path]): [string, () => string] => [name, () => path]),
  ['days', () => DAYS_PATH],
  ['day', () => `${DAYS_PATH}/${readDays(school.library.paths)[0]?.date}`],
  ['paper', () => PAPER_PATH],
  ['moodle', () => MOODLE_PATH],
  [
    'ask-moodle',
    () =>
      '/xs-backup/do?act=moodle-add&wwwroot=http://box.lan/moodle&client=aB3dE6gH9jK2mN5&deployment=3',
  ],
  ['late', () => '/xs-backup/class?only=late'],
  ['need', () => '/xs-backup/needs/never-backed-up'],
  ['asks-proposals', () => '/xs-backup/waiting?only=proposals'],
  ['held-search', () => `/xs-backup/held?q=${HELD}`],
  ['class-search', () => '/xs-backup/class?q=ro'],
  ['offers-refused', () => `${PLACES.offers}?only=refused`],
  ['offer', () => `${PLACES.offers}/${offerWith('')}/`],
  ['offer-shown', () => `${PLACES.offers}/${offerWith('yes')}/`],
  ['ask-class-off', () => '/xs-backup/do?act=class-off'],
  ['class-page', () => CLASS],
  ['class-thing', () => `${CLASS}${offerWith('yes')}/`],
  ['journal', () => `/ds-restore/${serialOf(31)}/`],
  ['laptop', () => `/xs-backup/laptop/${serialOf(31)}`],
  ['code', () => `/xs-backup/laptop/${serialOf(31)}`],
  ['laptop-replacing', () => `/xs-backup/laptop/${SERIAL}`],
  ['laptop-new', () => `/xs-backup/laptop/${RETURNED}`],
  ['replaces', () => `/xs-backup/laptop/${RETURNED}/replaces`],
  ['cleanup', () => '/xs-backup/disk/cleanup'],
  ['audit-one', () => `/xs-backup/audit?serial=${SERIAL}`],
  ['ask-alias', () => `/xs-backup/do?act=alias&serial=${RETURNED}&of=${ABSENT}`],
  ['ask-retire', () => `/xs-backup/do?act=retire&serial=${SERIAL}`],
  ['ask-drop', () => `/xs-backup/do?act=drop&serial=${HELD}`],
  ['ask-pin', () => `/xs-backup/do?act=pin&serial=${SERIAL}&snapshot=${newest()}`],
  ['done', () => `/xs-backup/class?act=retire&serial=${SERIAL}`],
];

const offerWith = (word: string) => [...offered].find(([, said]) => said === word)?.[0];
/** A page that only a button leads to. */
async function press(page: Page, name: string): Promise<void> {
  if (name === 'code') await page.click('form[action^="/xs-backup/laptop/"] button');
}

const newest = () => encodeURIComponent(newestSnapshot(school.library.paths, SERIAL)?.name ?? '');

const LOOKS: [locale: string, size: Size][] = [
  ['es-PE', 'wide'],
  ['ar', 'small'],
];
for (const [locale, size] of soak<typeof LOOKS>([...LOOKS, ['en', 'small']], LOOKS)) {
  test(`in ${locale}, ${size}: no violation, no complaint, nothing beside the edge`, async () => {
    await using visitor = await visit(chrome, school.url, locale, size);
    const { page, complaints } = visitor;
    await signIn(page);
    const problems: string[] = [];
    for (const [name, path] of PAGES) {
      const answer = await page.goto(path(), { waitUntil: 'networkidle' });
      await press(page, name);
      await shoot(page, `admin-${name}-${locale}-${size}`);
      const found = [
        ...(answer?.status() === 200 ? [] : [`status ${answer?.status()}`]),
        ...(await violations(page)),
        ...((await overflow(page)) > 0 ? [`${await overflow(page)} px too wide`] : []),
        ...complaints.splice(0),
      ];
      problems.push(...found.map((one) => `${name}: ${one}`));
    }
    assert.equal(problems, []);
  });
}

test('in grey, as on a printed page or a screen in the sun', async () => {
  await using visitor = await visit(chrome, school.url, 'en', 'wide');
  const { page } = visitor;
  await signIn(page);
  await page.goto('/xs-backup/class');
  // A picture of it is made grey, since the page itself allows no style that is not its own.
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setEmulatedVisionDeficiency', { type: 'achromatopsia' });
  await shoot(page, 'admin-class-grey');
  // What tells states apart does not depend on colours: a shape, and a word beside it.
  const words = await page.$$eval('.class .tile', (tiles) =>
    tiles.map((tile) => [
      tile.querySelector('.mark')?.innerHTML ?? '',
      tile.querySelector('.when')?.textContent?.split(' · ')[0] ?? '',
    ]),
  );
  assert.ok(words.length > 12);
  const shapes = new Map(words.map(([shape = '', word = '']) => [word, shape]));
  assert.ok(shapes.size >= 5, [...shapes.keys()].join());
  assert.is(new Set(shapes.values()).size, shapes.size);
});

test.run();
