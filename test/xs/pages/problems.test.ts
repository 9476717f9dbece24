/** Pages that say what is wrong and lead on: what is missing, a wrong host name, a school without teachers. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite('pages that say what is wrong');

const PASSWORD = 'four words are enough';
const SIGN_IN = '/ds-restore/sign-in';
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const OTHER = serialOf(7);

async function school(): Promise<PagesServer & { child: Browser; teacher: Browser; day: string }> {
  const server = await servePages();
  const { library, context } = server;
  library.registrations.register(OTHER, 'Ana', 'u', dsaKey(2));
  await backUp({ context }, new Map([[uidOf(1), { title: 'Fish', content: 'x' }]]), SERIAL);
  await addTeacher(library.paths, 'Rosa', PASSWORD, new Date());
  const teacher = openBrowser(server.url);
  await teacher.fill(SIGN_IN, SIGN_IN, { name: 'Rosa', password: PASSWORD });
  const child = openBrowser(server.url);
  await child.get(server.links.make(SERIAL));
  const day = `/ds-restore/${SERIAL}/${SERIAL}/${newestSnapshot(library.paths, SERIAL)?.name}/`;
  return { ...server, child, teacher, day };
}

const headingOf = (body: string) => /<h1><bdi>([^<]*)/.exec(body)?.[1];

test('what is missing is told apart, and each page leads on', async () => {
  await using server = await school();
  const { child, teacher, day } = server;
  const home = `/ds-restore/${SERIAL}/`;
  const gone = `${home}${SERIAL}/datastore-2020-01-01_08:00/`;
  const cases: [Browser, string, RegExp, string][] = [
    [child, `${home}nothing/here/at/all`, /no page at this address/, '/ds-restore/'],
    [child, gone, /no longer keeps this day/, home],
    [child, `${day}${uidOf(9)}/`, /not part of this day/, day],
    [teacher, `/xs-backup/laptop/${serialOf(99)}`, /No laptop with this/, '/xs-backup/class'],
    [teacher, `/ds-restore/${serialOf(99)}/`, /No laptop with this/, '/xs-backup/class'],
    [teacher, '/xs-backup/do?act=rebuild', /address is incomplete/, '/xs-backup'],
  ];
  const headings = new Set<string | undefined>();
  for (const [browser, path, heading, way] of cases) {
    const { status, body } = await browser.get(path, HTML);
    assert.ok(status === 404 || status === 400, `${path} ${status}`);
    assert.match(headingOf(body) ?? '', heading, path);
    assert.match(body, new RegExp(`class="button" href="${way}"`), path);
    headings.add(headingOf(body));
  }
  assert.is(headings.size, 5);
});

test("another child's laptop is answered exactly as one that does not exist", async () => {
  await using server = await school();
  const answers = await Promise.all(
    [OTHER, serialOf(99)].map((serial) => server.child.get(`/ds-restore/${serial}/`, HTML)),
  );
  const shown = answers.map(({ status, body }) => [
    status,
    body
      .replaceAll(OTHER, 'X')
      .replaceAll(serialOf(99), 'X')
      .replace(/value="[\w-]{43}"/g, ''),
  ]);
  assert.equal(shown[0], shown[1]);
  assert.match(String(shown[0]?.[1]), /no page at this address/);
});

test('without any teacher, signing in says so instead of blaming the password', async () => {
  await using server = await servePages();
  const browser = openBrowser(server.url);
  const { body } = await browser.get(SIGN_IN);
  assert.match(body, /No teacher has been added yet/);
  assert.match(body, /xs-backup teacher add/);
  assert.not.match(body, /type="password"/);
  await addTeacher(server.library.paths, 'Rosa', PASSWORD, new Date());
  const later = await browser.get(SIGN_IN);
  assert.not.match(later.body, /No teacher has been added/);
  assert.match(later.body, /type="password"/);
});

test('an unknown host name is explained, with an address that works and what to set', async () => {
  await using server = await school();
  const { port } = new URL(server.url);
  const host = `escuela.example:${port}`;
  const answer = await openBrowser(server.url).get('/ds-restore/?x=1', { host, ...HTML });
  assert.is(answer.status, 400);
  assert.match(String(answer.headers['content-type']), /^text\/html/);
  assert.match(answer.body, new RegExp(`href="http://schoolserver:${port}/ds-restore/\\?x=1"`));
  assert.match(answer.body, /hosts = \[&quot;escuela\.example&quot;\]/);
  const [, style = ''] = /href="(\/ds-restore\/style-\w+\.css)"/.exec(answer.body) ?? [];
  assert.is((await openBrowser(server.url).get(style, { host })).status, 200, 'readable');
  assert.not.match(answer.body, /name="form"/);
  const spanish = { host, ...HTML, 'accept-language': 'es' };
  assert.match((await openBrowser(server.url).get('/', spanish)).body, /<html lang="es"/);
  for (const made of ['<script>', 'a"b', 'a b']) {
    const { status, body } = await openBrowser(server.url).get('/ds-restore/', { host: made });
    assert.is(status, 400, made);
    assert.not.match(body, /<script>|a"b/);
  }
});

test('browsers find a start page at /, and programs the answer that they know', async () => {
  await using server = await school();
  const browser = openBrowser(server.url);
  const start = await browser.get('/', HTML);
  assert.is(start.status, 200);
  for (const way of ['/ds-restore/', '/xs-backup']) {
    assert.match(start.body, new RegExp(`href="${way}"`));
  }
  assert.match(start.body, /href="\/ds-restore\/install"/);
  for (const accept of ['*/*', 'application/json', undefined]) {
    const answer = await browser.get('/', accept === undefined ? {} : { accept });
    assert.is(answer.status, 404);
    assert.equal(JSON.parse(answer.body), { code: 'not-found', message: 'there is no such page' });
  }
  const odd = await browser.get('/', { host: 'escuela.example', accept: 'application/json' });
  assert.is(odd.status, 404, 'programs may call the server by any name');
});

test.run();
