import got from 'got';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { formatKeptMark } from '../../../shared/journal/kept.ts';
import { listPins } from '../../../xs/pins/pins.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { backUp, type Journal, SERIAL, uidOf } from '../library.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite('what a child sees of her Journal');

const OLD = serialOf(1);
const STRANGER = serialOf(2);
const PNG = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  Buffer.from('picture'),
]);

const journalOf = (title: string): Journal =>
  new Map([
    [
      uidOf(1),
      {
        title,
        content: `content of ${title}`,
        properties: {
          mime_type: 'text/plain',
          timestamp: '1700000000',
          creation_time: '1690000000',
          preview: PNG,
          description: 'about fish',
          'icon-color': '#FF2B34,#005FE4',
        },
      },
    ],
    [uidOf(2), { title: 'only words', content: null }],
  ]);

/** SERIAL took OLD's place; a stranger has a Journal as well. */
async function school(): Promise<PagesServer & { browser: Browser; day: (of: string) => string }> {
  const server = await servePages();
  const { library, context } = server;
  for (const [n, serial] of [OLD, STRANGER].entries()) {
    library.registrations.register(serial, `child ${n}`, 'u', dsaKey(n + 2));
  }
  for (const [serial, title] of [
    [OLD, 'Boat'],
    [STRANGER, 'Secret'],
    [SERIAL, 'Fish'],
  ] as const) {
    await backUp({ context }, journalOf(title), serial);
    server.clock.pass(60_000);
  }
  await server.command('alias', [SERIAL, OLD]);
  const browser = openBrowser(server.url);
  await browser.get(server.links.make(SERIAL));
  const day = (of: string) =>
    `/ds-restore/${SERIAL}/${of}/${newestSnapshot(library.paths, of as typeof SERIAL)?.name}/`;
  return { ...server, browser, day };
}

test("her days are her own laptop's and the old one's", async () => {
  await using server = await school();
  const { status, body } = await server.browser.get(`/ds-restore/${SERIAL}/`);
  assert.is(status, 200);
  const days = [...body.matchAll(/class="day[^"]*" href="([^"]+)"/g)].map(([, href]) => href);
  assert.equal(days, [server.day(SERIAL), server.day(OLD)]);
  assert.match(body, /the newest/);
  assert.match(body, /from the old laptop/);
  assert.not.match(body, new RegExp(STRANGER));
});

test('a calendar leads to each day, and says in words what is there', async () => {
  await using server = await school();
  const { body } = await server.browser.get(`/ds-restore/${SERIAL}/`);
  const cells = [...body.matchAll(/class="kept" href="([^"]+)" aria-label="([^"]+)"/g)];
  assert.equal(
    cells.map(([, href]) => href),
    [server.day(SERIAL)],
    'both backups are of one day: the newest is first',
  );
  assert.match(String(cells[0]?.[2]), /2026, 2 things, 2 backups$/);
});

test('a day shows its entries with title, kind, age and size, and finds words in them', async () => {
  await using server = await school();
  const { browser, day } = server;
  const list = (await browser.get(day(SERIAL))).body;
  assert.match(list, /<bdi>Fish<\/bdi><\/strong><span>Text · 15 bytes<\/span><span>2 years ago/);
  assert.match(list, /<bdi>only words<\/bdi>/);
  assert.match(list, /2 things/);
  const found = async (query: string) =>
    [...(await browser.get(day(SERIAL) + query)).body.matchAll(/<bdi>([^<]+)<\/bdi><\/strong>/g)]
      .map(([, title]) => title)
      .join();
  assert.is(await found('?q=FISH'), 'Fish', 'in title and description');
  assert.is(await found('?q=fish+boat'), '');
  assert.is(await found('?kind=other'), 'only words');
  assert.is(await found('?q=&kind=nonsense&page=99999'), 'Fish,only words');
});

test('all days together have each entry once', async () => {
  await using server = await school();
  const { body } = await server.browser.get(`/ds-restore/${SERIAL}/all/?q=content`);
  assert.match(body, /0 things/);
  const all = (await server.browser.get(`/ds-restore/${SERIAL}/all/`)).body;
  assert.match(all, /<bdi>Fish<\/bdi>/);
  assert.not.match(all, /<bdi>Boat<\/bdi>/, 'an older version of the same entry');
});

test('an entry shows its picture, dates, words and other versions', async () => {
  await using server = await school();
  const { browser, day } = server;
  const path = `${day(SERIAL)}${uidOf(1)}/`;
  const { body } = await browser.get(path);
  assert.match(body, /November 1\d, 2023/);
  assert.match(body, /July 2\d, 2023/);
  assert.match(body, /about fish/);
  assert.match(body, new RegExp(`href="${day(OLD)}${uidOf(1)}/"`));
  const picture = await browser.get(`${path}picture`);
  assert.equal(picture.raw, PNG);
  assert.is(picture.headers['content-type'], 'image/png');
  const again = { 'if-none-match': String(picture.headers.etag) };
  assert.is((await browser.get(`${path}picture`, again)).status, 304);
  assert.is((await browser.get(`${day(SERIAL)}${uidOf(2)}/picture`)).status, 404);
});

test('a title is text and nothing else', async () => {
  await using server = await school();
  const title = '<script>alert(1)</script>"\'><img src=x onerror=y>';
  const colors = { 'icon-color': '"><script>#FF2B34,#005FE4' };
  const journal = new Map([[uidOf(3), { title, content: 'x', properties: colors }]]);
  await backUp({ context: server.context }, new Map([...journalOf('Fish'), ...journal]), SERIAL);
  for (const path of [server.day(SERIAL), `${server.day(SERIAL)}${uidOf(3)}/`]) {
    const { body } = await server.browser.get(path);
    assert.match(body, /&lt;script>alert\(1\)/);
    assert.not.match(body, /<script|<img src=x/);
  }
});

test('pinned versions are marked', async () => {
  await using server = await school();
  const { browser, day } = server;
  assert.not.match((await browser.get(day(SERIAL))).body, /This is pinned/);
  const name = newestSnapshot(server.library.paths, SERIAL)?.name ?? '';
  await server.command('pin', [SERIAL, name, uidOf(1)]);
  assert.is((await browser.get(day(SERIAL))).body.match(/This is pinned/g)?.length, 1);
});

test('what is only at school is given as it was pinned, and to nobody else', async () => {
  await using server = await school();
  const { library, context, browser } = server;
  const name = newestSnapshot(library.paths, SERIAL)?.name ?? '';
  await server.command('pin', [SERIAL, name, uidOf(1)]);
  const [pin] = listPins(library.paths, SERIAL);
  const mark = (serial: string) =>
    formatKeptMark({
      ...{ serial: parseSerial(serial), digest: pin?.digest ?? ('' as never) },
      ...{ content: digestOf('content of Fish'), bytes: 15 },
      ...{ title: 'Fish', shown: 'Fish (at school)', pinned: true },
    });
  const kept = (serial: string): Journal =>
    new Map([
      ...journalOf('x'),
      [uidOf(1), { title: 'away', content: '', properties: { 'ds-backup-kept': mark(serial) } }],
    ]);
  await backUp({ context }, kept(SERIAL), SERIAL);
  const entry = `${server.day(SERIAL)}${uidOf(1)}/`;
  assert.is((await browser.get(`${entry}file`)).body, 'content of Fish');
  assert.match((await browser.get(entry)).body, /<h1><bdi>Fish<\/bdi>/);

  await backUp({ context }, kept(SERIAL), STRANGER);
  const stranger = openBrowser(server.url);
  await stranger.get(server.links.make(STRANGER));
  const day = server.day(STRANGER).replace(SERIAL, STRANGER);
  const { status, body } = await stranger.get(`${day}${uidOf(1)}/file`);
  assert.equal([status, body], [200, ''], "a mark that names another child's pin");
});

test('nobody and no other child sees any of it, and learns nothing from the refusal', async () => {
  await using server = await school();
  const stranger = openBrowser(server.url);
  await stranger.get(server.links.make(STRANGER));
  const nobody = openBrowser(server.url);
  const paths = [
    `/ds-restore/${SERIAL}/`,
    `/ds-restore/${SERIAL}/all/`,
    server.day(SERIAL),
    ...['', 'picture', 'file', 'bundle'].map((what) => `${server.day(SERIAL)}${uidOf(1)}/${what}`),
  ];
  const unknown = await stranger.get(`/ds-restore/${serialOf(77)}/`);
  const plain = (text: string) => text.replace(/value="[^"]*"|back=[^"]*/g, '');
  for (const path of paths) {
    assert.is((await server.browser.get(path)).status, 200, path);
    const refused = await stranger.get(path);
    assert.is(refused.status, 404, path);
    assert.is(plain(refused.body), plain(unknown.body));
    assert.match(
      String((await nobody.get(path)).headers.location),
      /^\/ds-restore\/sign-in\?back=/,
    );
  }
  // Her own address with another's laptop in it.
  const [, , , , name] = server.day(SERIAL).split('/');
  assert.is((await stranger.get(`/ds-restore/${STRANGER}/${SERIAL}/${name}/`)).status, 404);
  assert.is((await server.browser.get(`/ds-restore/${OLD}/`)).status, 404, 'not as the old one');
  await server.command('unalias', [SERIAL]);
  assert.is((await server.browser.get(server.day(OLD))).status, 404, 'undone');
});

test('an address without its last slash is sent on, and nothing else is', async () => {
  await using server = await school();
  const asked = async (path: string) => {
    const options = { followRedirect: false, throwHttpErrors: false };
    const { statusCode, headers } = await got(`${server.url}${path}`, options);
    return [statusCode, headers.location];
  };
  for (const path of ['', '/all', server.day(SERIAL).slice(`/ds-restore/${SERIAL}`.length, -1)]) {
    const whole = `/ds-restore/${SERIAL}${path}`;
    assert.equal(await asked(`${whole}?q=x`), [303, `${whole}/?q=x`]);
  }
  for (const path of [`${SERIAL}/x`, 'in', 'style-x', `${SERIAL}/in/x`]) {
    assert.is((await asked(`/ds-restore/${path}`))[0], 404, path);
  }
});

test.run();
