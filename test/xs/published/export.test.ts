/**
 * The class page as files for a stick: what is approved and nothing else, names that are safe on every system,
 * and nothing that a browser or a system would run.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Uid } from '../../../shared/ids.ts';
import { FileNames } from '../../../shared/words/file-name.ts';
import { withdraw } from '../../../xs/class-page/offer-file.ts';
import { switchTo } from '../../../xs/class-page/switch.ts';
import { exportClassCommand } from '../../../xs/commands/class/export-class.ts';
import type { MachineContext } from '../../../xs/commands/command.ts';
import { TERMINAL_WORDS } from '../../../xs/commands/lines.ts';
import { nameOf } from '../../../xs/published/export.ts';
import { staticPage } from '../../../xs/published/static-page.tsx';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { jpegWith, pngWith } from '../../shared/pictures.ts';
import { refusedLater } from '../../shared/refused.ts';
import { type ClassSchool, openClass } from '../class-page/school.ts';
import { type JournalEntry, SERIAL, uidOf } from '../library.ts';

const test = suite('the class page on a stick');
const folder = temporaryFolder(test);

const SECRET = 'GPS 12.0464 S';
const { jpeg, withExif } = jpegWith(SECRET);
const [PHOTO, PAGE, WAITING, REFUSED, WORDS] = [1, 2, 3, 4, 5].map(uidOf) as [
  Uid,
  Uid,
  Uid,
  Uid,
  Uid,
];
const SCRIPT = '<script>document.title = "run"</script>';
const JOURNAL: Record<Uid, JournalEntry> = {
  [PHOTO]: {
    title: 'The fish',
    content: withExif,
    properties: { mime_type: 'image/jpeg', preview: pngWith(SECRET), tags: SECRET },
  },
  [PAGE]: {
    title: `../../${SCRIPT}"'\u202e`,
    content: SCRIPT,
    properties: { mime_type: 'text/html' },
  },
  [WAITING]: { title: 'not yet', content: 'waits' },
  [REFUSED]: { title: 'no', content: 'refused' },
  [WORDS]: { title: 'The fish', content: 'words' },
};

async function openSchool(): Promise<ClassSchool> {
  const school = await openClass(JOURNAL);
  for (const uid of Object.keys(JOURNAL) as Uid[]) await school.offer(SERIAL, uid);
  for (const uid of [PHOTO, PAGE, WORDS]) await school.say('yes', uid);
  await school.say('no', REFUSED);
  return school;
}

interface RunOptions {
  json?: boolean;
  /** Instead of the command that notes the export. Returns its exit code. */
  note?: () => Promise<number>;
  /** After each thing. */
  onThing?: (done: number) => void;
}

async function run(school: ClassSchool, target: string, options: RunOptions = {}) {
  const { json = false, note, onThing = () => {} } = options;
  let printed = '';
  const context = {
    ...{ paths: school.library.paths, args: [target], flags: { json } },
    print: (text: string) => {
      printed += text;
    },
    progress: ({ done }: { done: number }) => onThing(done),
    signal: new AbortController().signal,
    command: async (name: string, args: readonly string[]) => {
      if (note) return note();
      await school.command(name, args);
      return 0;
    },
  } as unknown as MachineContext;
  const code = await exportClassCommand.run(context);
  return { code, printed };
}

const exports = (school: ClassSchool) =>
  readFileSync(join(school.library.paths.library, '.audit', '2026-03.jsonl'), 'utf8').match(
    /class-exported/g,
  )?.length ?? 0;

test('approved things only, cleaned, under safe names; and one line in the audit log', async () => {
  await using school = await openSchool();
  const target = join(folder, 'out');
  const { code, printed } = await run(school, target);
  assert.is(code, 0);
  assert.match(printed, /^3 things in .*: open index\.html$/m);
  assert.equal(readdirSync(target).sort(), ['files', 'index.html', 'pictures']);
  const files = readdirSync(join(target, 'files')).sort();
  assert.equal(files.length, 3);
  assert.ok(
    files.every((name) => /^[^<>:"/\\|?*\u202e]+\.(jpg|jpeg|txt|bin)$|^The fish/.test(name)),
  );
  const photo = files.find((name) => /^The fish.*\.jpe?g$/.test(name)) ?? '';
  assert.equal(readFileSync(join(target, 'files', photo)), jpeg);
  const html = files.find((name) => readFileSync(join(target, 'files', name), 'utf8') === SCRIPT);
  assert.match(html ?? '', /\.html\.txt$/);
  const page = readFileSync(join(target, 'index.html'), 'utf8');
  assert.not.match(page, /<script|\u202e|not yet|refused|http-equiv|https?:\/\/(?!www\.w3\.org)/);
  for (const word of [SECRET, SERIAL, PHOTO, 'datastore-']) assert.not.match(page, word);
  for (const [, href = ''] of page.matchAll(/(?:href|src)="([^"]+)"/g)) {
    assert.ok(existsSync(join(target, decodeURIComponent(href))), href);
  }
  const [picture = '', ...more] = readdirSync(join(target, 'pictures'));
  assert.equal(more, []);
  assert.not(readFileSync(join(target, 'pictures', picture)).includes(SECRET));
  assert.is(exports(school), 1);
});

test('a folder with anything in it, and a school without a class page, are refused before anything is done', async () => {
  await using school = await openSchool();
  const full = join(folder, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'x'), 'theirs');
  writeFileSync(join(folder, 'file'), '');
  await refusedLater(run(school, full), 'usage', /is not empty/);
  await refusedLater(run(school, join(folder, 'file')), 'usage', /is not a folder/);
  await refusedLater(run(school, join(folder, 'no', 'such')), 'bad-input', /cannot make/);
  await school.command('class-page', ['off']);
  await refusedLater(run(school, join(folder, 'off')), 'usage', /no class page/);
  assert.not(existsSync(join(folder, 'off')));
  assert.equal(readdirSync(full), ['x']);
  assert.is(exports(school), 0);
});

test('an export that the audit log did not take is none', async () => {
  await using school = await openSchool();
  const target = join(folder, 'not-noted');
  await refusedLater(
    run(school, target, { note: async () => 1 }),
    'program-failed',
    /class-page exported .* failed/,
  );
  assert.equal(readdirSync(target), []);
});

test('a no, and what a child takes back, hold while it runs: nothing of it is on the stick', async () => {
  await using school = await openSchool();
  const [photo] = (await school.listed()).offers.filter(({ uid }) => uid === PHOTO);
  assert.ok(photo);
  const { paths } = school.library;
  const target = join(folder, 'meanwhile');
  const { code, printed } = await run(school, target, {
    json: true,
    note: async () => {
      await school.say('no', PAGE);
      return 0;
    },
    onThing: (done) => {
      if (done === 1) for (const uid of [PHOTO, WORDS]) withdraw(paths, SERIAL, uid);
    },
  });
  const { things, withoutFile, leftOut, ended } = JSON.parse(printed);
  assert.equal([code, things, withoutFile, leftOut, ended], [0, 0, [], 0, 3]);
  for (const one of ['files', 'pictures']) assert.equal(readdirSync(join(target, one)), []);
  assert.not.match(readFileSync(join(target, 'index.html'), 'utf8'), /The fish|\.html\.txt/);
});

test('taken back together with its content while others are written, it is not called damaged', async () => {
  await using school = await openSchool();
  const { paths } = school.library;
  const target = join(folder, 'gone');
  const { code, printed } = await run(school, target, {
    json: true,
    onThing: (done) => {
      if (done > 1) return;
      for (const uid of [PHOTO, PAGE]) {
        withdraw(paths, SERIAL, uid);
        rmSync(join(inLaptop(paths, SERIAL).pinned, uid), { recursive: true });
      }
    },
  });
  const { things, withoutFile, leftOut, ended } = JSON.parse(printed);
  assert.equal([code, things, withoutFile, leftOut, ended], [0, 1, [], 0, 2]);
  assert.equal(readdirSync(join(target, 'files')), ['The fish']);
});

test('switched off while it runs, nothing is left of it', async () => {
  await using school = await openSchool();
  const target = join(folder, 'switched-off');
  const off = (done: number) => {
    if (done === 2) switchTo(school.library.paths, false);
  };
  await refusedLater(run(school, target, { onThing: off }), 'usage', /no class page/);
  assert.equal(readdirSync(target), []);
});

test('a damaged thing is named, and the others are there', async () => {
  await using school = await openSchool();
  const { paths } = school.library;
  const [found] = (await school.listed()).offers.filter(({ uid }) => uid === WORDS);
  assert.ok(found);
  const pinned = join(inLaptop(paths, SERIAL).pinned, WORDS);
  const [digest = ''] = readdirSync(pinned);
  const content = join(pinned, digest, WORDS);
  rmSync(content);
  const target = join(folder, 'damaged');
  const { code, printed } = await run(school, target, { json: true });
  assert.is(code, 3);
  const told = JSON.parse(printed);
  assert.equal([told.things, told.withoutFile], [3, ['The fish']]);
  assert.is(readdirSync(join(target, 'files')).length, 2);
});

test('more than fifty are several pages that lead to each other', async () => {
  const html = staticPage(TERMINAL_WORDS, {
    ...{ language: 'en', made: 1_700_000_000, page: 2, pages: 3, things: [] },
  });
  const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href);
  assert.equal(links, ['index.html', 'page-2.html', 'page-3.html']);
  assert.match(html, /href="page-2\.html" aria-current="page"/);
});

const ORDINARY =
  'jpg JPEG png gif bmp ogg ogv webm mp4 mp3 wav pdf odt ods odp epub ta sb zip'.split(' ');

/** What some system runs, or may run some day. */
const ENDINGS = [
  ...[
    'exe',
    'HTML',
    'svg',
    'desktop',
    'lnk',
    'jar',
    'ps1',
    'url',
    'py',
    'pyw',
    'msc',
    'application',
  ],
  ...[
    'appref-ms',
    'settingcontent-ms',
    'gadget',
    'wsc',
    'diagcab',
    'jnlp',
    'xlsm',
    'docm',
    'pptm',
    'xo',
  ],
  ...[
    'library-ms',
    'iqy',
    'msix',
    'dmg',
    'pkg',
    'flatpakref',
    'snap',
    'php',
    'pl',
    'rb',
    'xll',
    'of-tomorrow',
  ],
  ...['{2559a1f2-21d7-11d4-bdaf-00c04f60b9f0}', 'exe\u3002', 'eхe'],
];

const names = () => new FileNames();
const named = (title: string, type = 'application/octet-stream', start = '') =>
  nameOf(names(), title, type, Buffer.from(start, 'latin1'));

test('nothing keeps a name under which a system or a browser would run it', () => {
  for (const ending of ENDINGS) assert.match(named(`a.${ending}`), /\.txt$/, ending);
  assert.match(named(`${'к'.repeat(73)}.exeккк`), /\.txt$/, 'what comes of cutting a long one');
  for (const type of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/xml']) {
    assert.match(named('a', type), /\.txt$/, type);
  }
  for (const start of [
    '<html>',
    '  \n<svg',
    '#!/bin/sh',
    '[Desktop Entry]',
    '\x7fELF',
    'MZ\x90',
    '\xef\xbb\xbf<?xml',
    '\xff\xfe<\0h\0',
  ]) {
    assert.match(named('a', 'x/y', start), /\.txt$/, JSON.stringify(start));
  }
});

test('what people look at, listen to and read keeps its name', () => {
  for (const [title, type] of [
    ['fish', 'image/jpeg'],
    ['song', 'audio/ogg'],
    ['story', 'application/pdf'],
    ['turtle', 'application/x-turtle-art'],
    ...ORDINARY.map((ending) => [`fish.${ending}`, 'application/octet-stream'] as const),
    ['Dr. Fish and 2 others', 'x/y'],
    ['fish', 'x/y'],
  ] as const) {
    assert.not.match(named(title, type, 'x'), /\.txt$/, title);
  }
  // What Sugar's activities save, by its type alone.
  for (const type of [
    ...[
      'image/png',
      'image/gif',
      'audio/ogg',
      'audio/x-wav',
      'video/ogg',
      'video/webm',
      'text/plain',
    ],
    ...[
      'application/vnd.oasis.opendocument.text',
      'application/rtf',
      'application/x-scratch-project',
    ],
    ...['application/x-logo', 'application/x-squeak-project', 'application/epub+zip', 'text/csv'],
  ]) {
    const name = named('fish', type, 'x');
    assert.not.match(name, /\.[^.]+\.txt$/, type);
    assert.match(name, /^fish\.[a-z0-9]+$/, type);
  }
});

test.run();
