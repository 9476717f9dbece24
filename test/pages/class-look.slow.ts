// weight: 25
/**
 * The class page as a child sees it in real headless Chromium: hostile titles and names do nothing, it fits 600 px,
 * reads from right to left and in grey, and a photo stands as it was taken.
 */
import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Uid } from '../../shared/ids.ts';
import { CLASS } from '../../xs/pages/frame/paths.ts';
import { offerVersion } from '../../xs/pins/offering.ts';
import { newestSnapshot } from '../../xs/storage/snapshots.ts';
import { cameraNotes, held, pngWith } from '../shared/pictures.ts';
import { backUp, confirm, ed25519, type JournalEntry, SERIAL, uidOf } from '../xs/library.ts';
import { type PagesServer, servePages } from '../xs/pages/browser.ts';
import { launchChromium, overflow, type Size, shoot, violations, visit } from './chromium.ts';

const test = suite('the class page in Chromium, for a child');

const WORDS = 'GPS 12.0464 S';
const SCRIPT = '<img src=x onerror="document.title = \'it runs\'">';
/** Wide as it is stored, and taken with the camera on its side. */
const PHOTO: JournalEntry = {
  title: 'My tree',
  content: photo(6),
  properties: { mime_type: 'image/jpeg', preview: pngWith(WORDS), timestamp: '1700000000' },
};
const THINGS: JournalEntry[] = [
  PHOTO,
  { title: SCRIPT, content: SCRIPT, properties: { mime_type: 'text/html' } },
  { title: 'قصة عن الجدة', content: 'words', properties: { mime_type: 'text/plain' } },
  {
    title:
      'una-palabra-muy-larga-sin-espacios-que-no-cabe-en-la-pantalla-de-una-laptop-de-una-nina',
    content: null,
  },
  { title: '\u202egpj.exe', content: 'x', properties: { mime_type: 'application/x-y' } },
  { title: '', content: null },
];

/** A real one of 80 by 40, by ImageMagick, with what a camera adds. */
function photo(position: number): Buffer {
  const file = execFileSync('convert', ['-size', '80x40', 'gradient:red-blue', 'jpg:-']);
  const notes = cameraNotes(WORDS, 'II', held(position));
  return Buffer.concat([file.subarray(0, 2), notes, file.subarray(2)]);
}

let school: PagesServer;
let chrome: Browser;
const ids: string[] = [];

test.before(async () => {
  school = await servePages();
  const { library, command } = school;
  confirm(library.registrations, SERIAL, ed25519(1));
  await command('class-page', ['on']);
  const journal = new Map(THINGS.map((one, n): [Uid, JournalEntry] => [uidOf(n), one]));
  await backUp(school, journal, SERIAL);
  const snapshot = newestSnapshot(library.paths, SERIAL);
  assert.ok(snapshot);
  for (const uid of journal.keys()) {
    const of = { nick: `${SCRIPT} سلمى`, colors: '#FF2B34,#005FE4', limit: 1e9 };
    const { id } = offerVersion(library, SERIAL, { snapshot, uid, ...of });
    await command('class-page', [id, 'yes']);
    ids.push(id);
  }
  chrome = await launchChromium();
});

test.after(async () => {
  await chrome?.close();
  await school?.[Symbol.asyncDispose]();
});

const LOOKS: [locale: string, size: Size][] = [
  ['en', 'wide'],
  ['ar', 'small'],
];
for (const [locale, size] of LOOKS) {
  test(`in ${locale}, ${size}: no violation, nothing beside the edge, and nothing runs`, async () => {
    await using visitor = await visit(chrome, school.url, locale, size);
    const { page, complaints } = visitor;
    await page.goto(school.links.make(SERIAL));
    const problems: string[] = [];
    for (const path of [CLASS, ...ids.map((id) => `${CLASS}${id}/`)]) {
      const answer = await page.goto(path, { waitUntil: 'networkidle' });
      const name = path === CLASS ? 'list' : `thing-${ids.indexOf(path.split('/').at(-2) ?? '')}`;
      await shoot(page, `class-look-${name}-${locale}-${size}`);
      const found = [
        ...(answer?.status() === 200 ? [] : [`status ${answer?.status()}`]),
        ...((await page.title()) === 'it runs' ? ['it runs'] : []),
        ...((await overflow(page)) > 0 ? [`${await overflow(page)} px too wide`] : []),
        ...(await violations(page)),
        ...complaints.splice(0),
      ];
      problems.push(...found.map((one) => `${path}: ${one}`));
    }
    assert.equal(problems, []);
    assert.is(await page.$$eval('img[src="x"]', (all) => all.length), 0);
  });
}

/** What each is called on its card, by its title. */
const KINDS: readonly (readonly [title: string, kind: string])[] = [
  ['My tree', 'Picture'],
  [SCRIPT, 'Web page'],
  ['قصة عن الجدة', 'Text'],
  ['una-palabra-muy-larga', 'Something else'],
  ['gpj.exe', 'Something else'],
];

/** From 0, which nobody can read, to 1, which is black on white: of a grey picture of words. */
function contrastOf(picture: Buffer): number {
  const args = [
    'png:-',
    '-alpha',
    'off',
    '-format',
    '%[fx:maxima-minima] %[fx:saturation]',
    'info:-',
  ];
  const seen = execFileSync('convert', args, { input: picture }).toString();
  const [contrast = 0, saturation = 1] = seen.split(' ').map(Number);
  assert.ok(saturation < 0.01, `not grey: ${seen}`);
  return contrast;
}

test('in grey, and without its pictures, each thing has its kind and its child in words to be read', async () => {
  await using visitor = await visit(chrome, school.url, 'en', 'wide');
  const { page } = visitor;
  await page.goto(school.links.make(SERIAL));
  await page.goto(CLASS, { waitUntil: 'networkidle' });
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setEmulatedVisionDeficiency', { type: 'achromatopsia' });
  await shoot(page, 'class-look-grey');
  await page.evaluate(
    'for (const one of document.querySelectorAll("img, svg")) one.style.visibility = "hidden"',
  );
  const cards = await page.$$('.entries li');
  assert.is(cards.length, THINGS.length);
  const unread: string[] = [];
  for (const card of cards) {
    const read: string[] = [];
    for (const words of await card.$$('strong, .entry > span:not(.picture)')) {
      read.push((await words.textContent()) ?? '');
      const contrast = contrastOf(await words.screenshot());
      if (contrast < 0.5) unread.push(`${read.at(-1)}: ${contrast}`);
    }
    const text = read.join('|');
    const [, kind = 'Something else'] = KINDS.find(([title]) => read[0]?.includes(title)) ?? [];
    for (const word of [kind, 'سلمى']) if (!text.includes(word)) unread.push(`no ${word}: ${text}`);
  }
  assert.equal(unread, []);
});

test('a photo stands as the camera was held, and says nothing else', async () => {
  await using visitor = await visit(chrome, school.url, 'en', 'small');
  const { page } = visitor;
  await page.goto(school.links.make(SERIAL));
  const answer = await page.request.get(`${school.url}${CLASS}${ids[0]}/file`);
  const given = await answer.body();
  assert.not(given.includes(WORDS));
  const shown = async (picture: Buffer): Promise<unknown> => {
    await page.goto('about:blank');
    const source = `data:image/jpeg;base64,${picture.toString('base64')}`;
    await page.setContent(`<img src="${source}" alt="">`);
    await page.waitForFunction('document.images[0].complete');
    return page.evaluate('[document.images[0].naturalWidth, document.images[0].naturalHeight]');
  };
  assert.equal(await shown(given), [40, 80]);
  await shoot(page, 'class-look-photo');
  assert.equal(await shown(photo(6)), [40, 80], 'as it was');
  assert.equal(await shown(photo(1)), [80, 40], 'and how it is stored');
});

test.run();
