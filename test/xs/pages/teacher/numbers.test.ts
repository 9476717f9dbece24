/**
 * A number that a page says is the number of laptops on the page that it leads to, whatever states a
 * school's laptops are in.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../../shared/clock.ts';
import { addTeacher } from '../../../../xs/admin/teachers.ts';
import { writeFindings } from '../../../../xs/integrity/findings.ts';
import { writeTwins } from '../../../../xs/registration/twin-file.ts';
import { writeNotSafe } from '../../../../xs/storage/not-safe.ts';
import { inLaptop, inLibrary } from '../../../../xs/storage/paths.ts';
import { backUp, ed25519, enrol, uidOf } from '../../library.ts';
import { dsaKey, serialOf } from '../../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from '../browser.ts';
import { journal } from './teachers-class.ts';

const test = suite('numbers and the lists that they lead to');

const TEACHER = { name: 'Rosa', password: 'four words are enough' };
const SIGN_IN = '/ds-restore/sign-in';

/** One of each of these is true of every laptop. */
const AGES = ['new', 'never', 'today', 'late', 'unsure'] as const;
const DAMAGE = ['whole', 'newest', 'older'] as const;
const MARKED = ['nothing', 'retired', 'replaced', 'waiting', 'unconfirmed'] as const;

type Made = [
  age: (typeof AGES)[number],
  damage: (typeof DAMAGE)[number],
  marked: (typeof MARKED)[number],
  notSafe: boolean,
];

/** Every overlap of the three, and each two of them with and without things that are not safe. */
const SCHOOL: Made[] = AGES.flatMap((age, a) =>
  DAMAGE.flatMap((damage, d) =>
    MARKED.map((marked, m): Made => [age, damage, marked, (a + d + m) % 2 === 0]),
  ),
);

async function makeLaptop(server: PagesServer, n: number, made: Made): Promise<void> {
  const { library, clock } = server;
  const { paths, registrations, successes, timeline } = library;
  const [age, damage, marked, notSafe] = made;
  const serial = serialOf(n);
  const ahead = age === 'new' ? 0 : 20 * DAY_MS;
  clock.time -= ahead;
  registrations.register(serial, `Child ${n}`, 'u', dsaKey(n));
  clock.time += ahead;
  if (age !== 'new' && age !== 'never') {
    const now = timeline.now();
    const back = age === 'late' ? 15 * DAY_MS : 0;
    const at = { ...now, at: now.at - back, time: new Date(now.time.getTime() - back) };
    const stamp = age === 'unsure' ? { ...at, boot: now.boot - 1, doubted: true } : at;
    await successes.note({ serial, sequence: 0, state: NOTHING }, stamp);
  }
  if (notSafe) {
    const entry = { uid: uidOf(n), title: 'a', why: 'no rights', school: 'older' } as const;
    writeNotSafe(paths, serial, { count: 1, entries: [entry] });
  }
  if (damage !== 'whole') {
    const folder = damage === 'newest' ? '' : 'datastore-2026-01-01_08:00';
    const finding = { folder, file: uidOf(n), what: 'missing', title: null } as const;
    writeFindings(paths, serial, [finding], clock.now());
  }
  const address = `10.0.1.${n}`;
  const offers = { waiting: [n, n + 1], unconfirmed: [n] }[marked as string] ?? [];
  for (const one of offers) enrol(registrations, serial, 'u', key(one), { address });
  if (marked === 'retired') registrations.retire(serial);
  if (marked !== 'replaced') return;
  const newer = serialOf(n + 1000);
  registrations.register(newer, `Child ${n} again`, 'u', dsaKey(n));
  registrations.alias(newer, serial);
}

const key = (n: number) => ed25519(1 + (n % 200));
const NOTHING = '0'.repeat(64) as Parameters<
  PagesServer['library']['successes']['note']
>[0]['state'];

/** Laptops in the states that need more than a file. */
async function makeOthers({ library, context, clock }: PagesServer): Promise<void> {
  const { registrations, paths, strangers } = library;
  const three = [2000, 2001, 2002].map(serialOf);
  for (const [n, serial] of three.entries()) {
    registrations.register(serial, `Held ${n}`, 'u', dsaKey(n));
    await backUp({ context }, journal(12), serial);
  }
  clock.pass(1000);
  for (const serial of three) await backUp({ context }, journal(1), serial);
  for (const n of [2003, 2004]) {
    registrations.register(serialOf(n), `Twin ${n}`, 'u', dsaKey(n));
    const nobody = '0'.repeat(32);
    const twins = { owner: nobody, last: nobody, others: [], since: '2026-03-02', moved: [] };
    writeTwins(paths, serialOf(n), { version: 1, ...twins });
  }
  for (const n of [2005, 2006]) {
    mkdirSync(inLaptop(paths, serialOf(n)).snapshot('datastore-2026-01-01_08:00' as never), {
      recursive: true,
    });
    strangers.note(serialOf(n));
  }
  registrations.register(serialOf(2007), 'Held 0', 'u', dsaKey(7));
}

/** All pages of a list, one after the other. */
async function allPages(teacher: Browser, href: string): Promise<string> {
  let html = '';
  for (let next: string | undefined = href; next !== undefined; ) {
    const { status, body } = await teacher.get(next);
    assert.is(status, 200, next);
    html += body;
    next = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
  }
  return html;
}

const plain = (html: string) => html.replace(/^[^<]*>/, '').replace(/<[^>]+>|[\u2066-\u2069]/g, '');
const laptopsIn = (html: string) =>
  new Set<string | undefined>(
    [...html.matchAll(/(?:laptop\/|class="serial">)([A-Z]{3}[0-9A-F]{8})/g)].map(([, s]) => s),
  );

async function openSchool(): Promise<PagesServer & { teacher: Browser }> {
  const server = await servePages('[registration]\nperHour = 5000\nperAddress = 5000');
  for (const [n, made] of SCHOOL.entries()) await makeLaptop(server, n, made);
  await makeOthers(server);
  await addTeacher(server.library.paths, TEACHER.name, TEACHER.password, server.clock.now());
  const teacher = openBrowser(server.url);
  await teacher.fill(SIGN_IN, SIGN_IN, TEACHER);
  return { ...server, teacher };
}

test('every tile and every line of the first page counts the laptops that it leads to', async () => {
  await using school = await openSchool();
  const { teacher } = school;
  const { body } = await teacher.get('/xs-backup');
  const tiles = [
    ...body.matchAll(
      /class="tile" href="([^"]+)"[\s\S]*?class="count"[^>]*>([^<]+)<[\s\S]*?<\/a>/g,
    ),
  ];
  assert.is(tiles.length, 6, 'a tile for each standing');
  const said: [what: string, href: string, count: number][] = [];
  for (const [whole, href = '', count = ''] of tiles)
    said.push([plain(whole), href, Number(count)]);
  const lines = [...body.matchAll(/<ul class="asks">([\s\S]*?)<\/ul>/g)].flatMap(
    ([, list = '']) => [...list.matchAll(/<li><a href="([^"]+)">([\s\S]*?)<\/a>(<span>)?/g)],
  );
  for (const [, href = '', text = '', named] of lines) {
    if (named) said.push([plain(text), href, Number(/\d+/.exec(plain(text))?.[0])]);
  }
  assert.ok(said.length >= 15, `${said.length} numbers`);
  const wrong: string[] = [];
  for (const [what, href, count] of said) {
    const list = await allPages(teacher, href);
    const found = href.endsWith('proposals')
      ? [...list.matchAll(/act=alias/g)].length
      : laptopsIn(list).size;
    if (found !== count) wrong.push(`"${what}" leads to ${found}: ${href}`);
  }
  assert.equal(wrong, []);
  const words = said.map(([what]) => what.replace(/\d+/g, ''));
  const again = words.filter((one, n) => words.indexOf(one) !== n);
  assert.equal(
    again,
    [' laptops have things that are not safe'],
    'counted the same, so said the same',
  );
  await checkFilters(teacher);
});

async function checkFilters(teacher: Browser): Promise<void> {
  const { body } = await teacher.get('/xs-backup/class');
  const tabs = [
    ...body.matchAll(/class="tab" href="(\/xs-backup\/class\?only=\w+)"[\s\S]*?: (\d+)/g),
  ];
  assert.ok(tabs.length >= 10, `${tabs.length} filters`);
  for (const [, href = '', count] of tabs) {
    const list = await allPages(teacher, href);
    assert.is(laptopsIn(list).size, Number(count), href);
  }
}

test('a line leads to a page that says the same, with the reason; what is settled says so', async () => {
  await using server = await servePages('[offsite]\nrepository = "/nowhere/restic"');
  const { library, clock } = server;
  library.faults.note('index', new Error('EROFS: read-only file system'));
  writeFileSync(inLibrary(library.paths).unlinked, '');
  mkdirSync(inLaptop(library.paths, serialOf(1)).snapshot('datastore-2026-01-01_08:00' as never), {
    recursive: true,
  });
  clock.pass(20 * DAY_MS);
  library.strangers.note(serialOf(1));
  await addTeacher(library.paths, TEACHER.name, TEACHER.password, clock.now());
  const teacher = openBrowser(server.url);
  await teacher.fill(SIGN_IN, SIGN_IN, TEACHER);
  const { body } = await teacher.get('/xs-backup');
  const lines = [...body.matchAll(/<li><a href="([^"]+)">([\s\S]*?)<\/a>/g)].filter(([, href]) =>
    href?.includes('/needs/'),
  );
  assert.equal(
    lines.map(([, href]) => href?.replace('/xs-backup/needs/', '')),
    ['faults', 'unlinked', 'offsite', 'refused-laptops', 'never-backed-up'],
  );
  for (const [, href = '', text = ''] of lines) {
    const found = await teacher.get(href);
    assert.is(found.status, 200, href);
    assert.ok(plain(found.body).includes(plain(`>${text}`)), `${href} says: ${text}`);
  }
  const page = async (type: string) => (await teacher.get(`/xs-backup/needs/${type}`)).body;
  assert.match(await page('faults'), /index: EROFS: read-only file system/);
  assert.ok((await page('refused-laptops')).includes(serialOf(1)), 'one that is not registered');
  library.faults.clear('index');
  assert.match(await page('faults'), /This is settled/);
  assert.is((await teacher.get('/xs-backup/needs/nothing')).status, 404);
});

test.run();
