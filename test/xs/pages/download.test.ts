import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { downloadName } from '../../../shared/words/file-name.ts';
import { downloadsIntoJournal } from '../../../xs/pages/journal/sugar-browser.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { contentDisposition, downloadType } from '../../../xs/takeaway/download-name.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { backUp, type JournalEntry, SERIAL, uidOf } from '../library.ts';
import { openBrowser, servePages } from './browser.ts';

const test = suite('what a browser is given to keep');
const folder = temporaryFolder(test);

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.from('picture')]);

/** A child with these entries, and where they are. */
async function keeping(...entries: JournalEntry[]) {
  const server = await servePages();
  await backUp(server, new Map(entries.map((entry, n) => [uidOf(n), entry])));
  const browser = openBrowser(server.url);
  await browser.get(server.links.make(SERIAL));
  const snapshot = newestSnapshot(server.library.paths, SERIAL);
  const day = `/ds-restore/${SERIAL}/${SERIAL}/${snapshot?.name}/`;
  const file = (n: number) => join(snapshot?.folder ?? '', uidOf(n));
  return { ...server, browser, file, at: (n: number, what: string) => `${day}${uidOf(n)}/${what}` };
}

const NAMES: [string, string, string][] = [
  ['My fish', 'text/plain', 'My fish.txt'],
  ['fish.txt', 'text/plain', 'fish.txt'],
  ['fish.PNG', 'image/png', 'fish.PNG'],
  ['fish.png', 'text/html', 'fish.png.html'],
  ['Turtle', 'application/x-turtle-art', 'Turtle.ta'],
  ['../../etc/passwd', 'application/octet-stream', 'etc passwd'],
  ['.bashrc', 'text/plain', 'bashrc.txt'],
  ['a\r\nSet-Cookie: b\u0000"c', 'application/octet-stream', 'a Set-Cookie b c'],
  ['evil\u202egnp.exe', 'application/octet-stream', 'evil gnp.exe'],
  ['', 'image/png', 'journal.png'],
  ['...', 'application/octet-stream', 'journal'],
  ['ñandú 鱼', 'text/plain', 'ñandú 鱼.txt'],
  ['\ud83d\ude00'.repeat(100), 'application/octet-stream', '\ud83d\ude00'.repeat(80)],
];
for (const [title, type, name] of NAMES) {
  test(`${JSON.stringify(title).slice(0, 40)} as ${type} is called ${name.slice(0, 30)}`, () => {
    assert.is(downloadName(title, type), name);
  });
}

test('a name goes into the header for old browsers and with all its letters (RFC 6266, 5987)', () => {
  assert.is(
    contentDisposition("ñandú's 鱼.txt"),
    `attachment; filename="nandu_s _.txt"; filename*=UTF-8''%C3%B1and%C3%BA%27s%20%E9%B1%BC.txt`,
  );
});

test('a type that is none becomes plain bytes', () => {
  for (const [given, type] of [
    ['text/plain; charset=utf-8', 'text/plain'],
    ['IMAGE/PNG', 'image/png'],
    ['text/html\r\nX: y', 'application/octet-stream'],
    ['', 'application/octet-stream'],
    [undefined, 'application/octet-stream'],
  ] as const) {
    assert.is(downloadType(given), type);
  }
});

test('content comes as it was, as an attachment that cannot act', async () => {
  const content = Buffer.from('<script>alert(document.cookie)</script>\xff', 'latin1');
  const properties = { mime_type: 'text/html' };
  await using server = await keeping({ title: 'Página', content, properties });
  const { status, headers, raw } = await server.browser.get(server.at(0, 'file'));
  assert.equal([status, headers['content-type']], [200, 'text/html']);
  assert.equal(raw, content);
  assert.is(headers['content-length'], String(content.length));
  assert.match(String(headers['content-disposition']), /^attachment; filename="Pagina.html"/);
  assert.is(headers['content-security-policy'], "default-src 'none'; sandbox");
  assert.is(headers['x-content-type-options'], 'nosniff');
  assert.is(headers['cache-control'], 'no-store');
});

test('an entry without content has no file, and a large or empty one comes whole', async () => {
  const large = Buffer.alloc(3_000_000, 'fish ');
  await using server = await keeping(
    { title: 'none', content: null },
    { title: 'large', content: large },
    { title: 'empty', content: '' },
  );
  assert.is((await server.browser.get(server.at(0, 'file'))).status, 404);
  assert.equal((await server.browser.get(server.at(1, 'file'))).raw, large);
  assert.is((await server.browser.get(server.at(2, 'file'))).raw.length, 0);
});

test('damaged content never arrives as a whole file', async () => {
  await using server = await keeping(
    { title: 'a', content: 'good' },
    { title: 'b', content: 'fine' },
  );
  for (const n of [0, 1]) chmodSync(server.file(n), 0o644);
  writeFileSync(server.file(0), 'baad');
  appendFileSync(server.file(1), 'more');
  for (const n of [0, 1]) {
    for (const what of ['file', 'bundle']) {
      const answer = await server.browser.get(server.at(n, what)).catch((error: Error) => error);
      const whole = !(answer instanceof Error) && answer.status === 200;
      assert.not(whole, `${what} of ${n}`);
    }
  }
});

test('a bundle holds what the Journal needs, and says beforehand how long it is', async () => {
  const properties = { mime_type: 'image/png', preview: PNG, tags: 'sea', activity: 'org.x' };
  const sick = { odd: Buffer.from([0xff, 0xfe]), uid: 'other', filesize: '7' };
  await using server = await keeping({
    ...{ title: 'Fish', content: 'content' },
    properties: { ...properties, ...sick },
  });
  const { headers, raw } = await server.browser.get(server.at(0, 'bundle'));
  assert.is(headers['content-type'], 'application/vnd.olpc-journal-entry');
  assert.match(String(headers['content-disposition']), /filename="Fish.xoj"/);
  assert.is(Number(headers['content-length']), raw.length);
  const path = join(folder, 'fish.xoj');
  writeFileSync(path, raw);
  assert.is(statSync(path).size, raw.length);
  const read = (name: string) => execFileSync('unzip', ['-p', path, `${uidOf(0)}/${name}`]);
  assert.equal(JSON.parse(read('_metadata.json').toString()), {
    ...{ title: 'Fish', mime_type: 'image/png', tags: 'sea', activity: 'org.x' },
  });
  assert.equal(read(`preview/${uidOf(0)}`), PNG);
  assert.is(read(uidOf(0)).toString(), 'content');
});

test("a teacher may fetch a child's entry, and the log says so", async () => {
  await using server = await keeping({ title: 'Fish', content: 'content' });
  const { addTeacher } = await import('../../../xs/admin/teachers.ts');
  await addTeacher(server.library.paths, 'Rosa', 'four words are enough', new Date());
  const teacher = openBrowser(server.url);
  const signIn = '/ds-restore/sign-in';
  await teacher.fill(signIn, signIn, { name: 'Rosa', password: 'four words are enough' });
  assert.is((await teacher.get(server.at(0, 'file'))).body, 'content');
  const [seen] = server.events.filter(({ event }) => event === 'teacher-read');
  assert.equal([seen?.fields.name, seen?.fields.uid], ['Rosa', uidOf(0)]);
});

const BROWSE =
  'Mozilla/5.0 (X11; Linux i686) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Safari/605.1.15';
const AGENTS: [string | undefined, boolean][] = [
  [BROWSE, true],
  ['Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/538.15 (KHTML, like Gecko) Safari/538.15', true],
  ['Mozilla/5.0 (X11; U; Linux i586; en-US; rv:1.9.1.5) Gecko/20091108 OLPC/0.4.7', true],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0 Safari/537.36',
    false,
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0', false],
  [
    'Mozilla/5.0 (Linux; U; Android 4.0.3; en-us) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
    false,
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 Version/16.0 Safari/604.1',
    false,
  ],
  ['curl/8.5.0', false],
  [undefined, false],
];
for (const [agent, into] of AGENTS) {
  test(`${agent?.slice(-60)}: downloads go ${into ? 'into the Journal' : 'to a folder'}`, () => {
    assert.is(downloadsIntoJournal(agent), into);
  });
}

test('one download button is right for the browser, and the other one is under "More"', async () => {
  await using server = await keeping(
    { title: 'Fish', content: 'x', properties: { mime_type: 'text/plain' } },
    { title: 'Words only', content: null },
  );
  const ways = async (n: number, headers: Record<string, string> = {}) => {
    const { body } = await server.browser.get(server.at(n, ''), headers);
    const [, shown = ''] = /class="ways">([\s\S]*?)<\/div>/.exec(body) ?? [];
    const [first = '', more = ''] = shown.split('<details>');
    return [first, more].map((part) => /\/(file|bundle)"/.exec(part)?.[1]);
  };
  assert.equal(await ways(0, { 'user-agent': BROWSE }), ['bundle', 'file']);
  assert.equal(await ways(0), ['file', 'bundle']);
  assert.equal(await ways(1), ['bundle', undefined], 'without content there is no file');
});

test.run();
