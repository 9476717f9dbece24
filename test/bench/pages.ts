/**
 * `npm run bench:pages`: how long the pages take, and how large they are, for a school of 1,000 laptops
 * and a Journal of 5,000 entries in 60 snapshots, over a real socket. The first request of each kind
 * finds nothing in memory. The limits are 100 ms and 150 KB.
 *
 *     node --import tsx test/bench/pages.ts [ENTRIES [SNAPSHOTS [LAPTOPS]]]
 */
import { execFileSync } from 'node:child_process';
import { dirname, join, relative } from 'node:path';
import { DAY_MS } from '../../shared/clock.ts';
import { addTeacher } from '../../xs/admin/teachers.ts';
import { Journals } from '../../xs/pages/journal/journal.ts';
import { inLaptop } from '../../xs/storage/paths.ts';
import { listHeld, newestSnapshot } from '../../xs/storage/snapshots.ts';
import { previewPng } from '../journal/content.ts';
import { seededRandom } from '../journal/random.ts';
import {
  backUp,
  ed25519,
  enrol,
  type Journal,
  type JournalEntry,
  SERIAL,
  uidOf,
} from '../xs/library.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from '../xs/pages/browser.ts';
import { dsaKey, serialOf } from '../xs/whole.ts';

const [ENTRIES = 5000, SNAPSHOTS = 60, LAPTOPS = 1000] = process.argv.slice(2).map(Number);
const CHANGED_A_DAY = 20;
const ROUNDS = 30;
const LIMIT_MS = 100;
const LIMIT_BYTES = 150_000;

const TYPES = ['image/png', 'text/plain', 'audio/ogg', 'application/x-turtle-art', 'text/html'];
const random = seededRandom('pages');
const picture = previewPng(random, 4000);

function makeEntry(n: number, version: number): JournalEntry {
  const properties = {
    ...{ mime_type: TYPES[n % TYPES.length] ?? '', activity: 'org.laptop.Something' },
    ...{ timestamp: String(1_780_000_000 + n * 60 + version), creation_time: '1770000000' },
    ...{
      description: `Hecho en clase ${version}`,
      tags: 'río sol',
      'icon-color': '#FF2B34,#005FE4',
    },
    preview: picture,
  };
  return { title: `Dibujo de la casa ${n}`, content: `${n} ${version}`, properties };
}

async function fill(server: PagesServer): Promise<void> {
  const journal: Journal = new Map();
  for (let n = 0; n < ENTRIES; n += 1) journal.set(uidOf(n), makeEntry(n, 0));
  for (let day = 0; day < SNAPSHOTS; day += 1) {
    for (let n = 0; day > 0 && n < CHANGED_A_DAY; n += 1) {
      const one = random.whole(ENTRIES);
      journal.set(uidOf(one), makeEntry(one, day));
    }
    const done = await backUp(server, journal);
    if (done.state !== 'done') throw new Error(`day ${day}: ${done.state}`);
    server.clock.pass(DAY_MS);
    process.stderr.write(`\rsnapshot ${day + 1} of ${SNAPSHOTS}`);
  }
  process.stderr.write('\n');
}

/** A class of every state; one was seen never, one not for long, and most this week. */
async function fillSchool({ library, clock }: PagesServer): Promise<void> {
  for (let n = 0; n < LAPTOPS; n += 1) {
    const serial = serialOf(n);
    library.registrations.register(serial, `Child ${n % 700}`, 'u', dsaKey(n));
    if (n % 10 === 0) continue;
    const days = n % 7 === 0 ? 30 : n % 5;
    await library.index.recordSuccess(serial, new Date(clock.time - days * DAY_MS));
    process.stderr.write(`\rlaptop ${n + 1} of ${LAPTOPS}`);
  }
  process.stderr.write('\n');
  await addTeacher(library.paths, TEACHER.name, TEACHER.password, clock.now());
}

/** Laptops that ask, and as many of which something is held aside: a school that was wiped and registers anew. */
const ASKING = 400;

async function fillQueues(server: PagesServer): Promise<void> {
  const { paths, registrations } = server.library;
  const { home } = inLaptop(paths, SERIAL);
  const half: Journal = new Map();
  for (let n = 0; n < ENTRIES / 10; n += 1) half.set(uidOf(n), makeEntry(n, 0));
  const done = await backUp(server, half);
  if (done.state !== 'held') throw new Error(`nothing is held aside: ${done.state}`);
  const [held] = listHeld(paths, SERIAL);
  if (!held) throw new Error('nothing is held aside');
  for (let n = 0; n < ASKING; n += 1) {
    const serial = serialOf(n);
    const copy = join(inLaptop(paths, serial).home, relative(home, held.folder));
    execFileSync('mkdir', ['-p', dirname(copy)]);
    execFileSync('cp', ['-al', held.folder, copy]);
    if (n % 10 === 0) server.clock.pass(3_600_001);
    if (n % 2 === 0) registrations.register(serial, `Child ${n % 700}`, 'u', dsaKey(n + 50));
    else for (const key of [1, 2]) enrol(registrations, serial, 'u', ed25519(key));
    process.stderr.write(`\rasking ${n + 1} of ${ASKING}`);
  }
  process.stderr.write('\n');
}

const TEACHER = { name: 'Rosa', password: 'four words are enough' };

async function time(browser: Browser, path: string): Promise<[ms: number, bytes: number]> {
  const start = performance.now();
  const { status, raw } = await browser.get(path);
  const ms = performance.now() - start;
  if (status !== 200 || raw.length < 100) throw new Error(`${path}: ${status}`);
  return [ms, raw.length];
}

function line(name: string, values: readonly (number | string)[]): void {
  const cells = values.map((value) =>
    (typeof value === 'number' ? value.toFixed(1) : value).padStart(9),
  );
  process.stdout.write(`${name.padEnd(34)}${cells.join('')}\n`);
}

const SIGN_IN = '/ds-restore/sign-in';
const settings = '[registration]\nperHour = 5000\nperAddress = 5000';
await using server = await servePages(settings, '2026-06-01T08:00:00Z');
await fill(server);
const snapshot = newestSnapshot(server.library.paths, SERIAL);
if (!snapshot) throw new Error('there is no snapshot');
const start = performance.now();
await new Journals({ library: server.library, onRaw: () => {} }).learn(snapshot);
process.stdout.write(
  `noting ${ENTRIES} entries after the first backup: ${(performance.now() - start).toFixed(0)} ms, in the background\n`,
);
const fresh = new Journals({ library: server.library, onRaw: () => {} });
const before = performance.now();
await fresh.all(fresh.snapshotsOf(fresh.ownersFor(SERIAL)));
const cold = performance.now() - before;
process.stdout.write(
  `all days, nothing in memory: ${cold.toFixed(0)} ms, begun with the page of days\n`,
);
const browser = openBrowser(server.url);
await browser.get(server.links.make(SERIAL));
const home = `/ds-restore/${SERIAL}/`;
const day = `${home}${SERIAL}/${snapshot.name}/`;
const entry = `${day}${uidOf(7)}/`;
let [worstMs, worstBytes] = [0, 0];

async function measure(who: Browser, pages: readonly (readonly [string, (n: number) => string])[]) {
  for (const [name, path] of pages) {
    const [first, bytes] = await time(who, path(0));
    const times: number[] = [];
    for (let n = 0; n < ROUNDS; n += 1) times.push((await time(who, path(n)))[0]);
    times.sort((a, b) => a - b);
    const [median = 0, p95 = 0, most = 0] = [0.5, 0.95, 1].map(
      (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))],
    );
    worstMs = Math.max(worstMs, first, most);
    worstBytes = Math.max(worstBytes, bytes);
    line(name, [first, median, p95, most, bytes / 1000]);
  }
}

line('ms', ['first', 'median', 'p95', 'most', 'KB']);
await measure(browser, [
  ['days', () => home],
  ['a day', () => day],
  ['a day, a later page', (n) => `${day}?page=${1 + (n % 200)}`],
  ['a day, search', (n) => `${day}?q=casa+${n}`],
  ['all days', () => `${home}all/`],
  ['all days, search', (n) => `${home}all/?q=r%C3%ADo+${n}&kind=picture`],
  ['an entry and its versions', () => entry],
  ['a picture', () => `${entry}picture`],
]);
await fillSchool(server);
await fillQueues(server);
const teacher = openBrowser(server.url);
await teacher.fill(SIGN_IN, SIGN_IN, TEACHER);
const { body } = await teacher.get('/xs-backup/held');
const all = (/\/xs-backup\/do\?act=release-many[^"]+/.exec(body)?.[0] ?? '').replaceAll(
  '&amp;',
  '&',
);
await measure(teacher, [
  ['the school', () => '/xs-backup'],
  ['laptops', () => '/xs-backup/class'],
  ['laptops, a later page', (n) => `/xs-backup/class?page=${1 + (n % 20)}`],
  ['laptops, search', (n) => `/xs-backup/class?q=child+${n}`],
  ['who asks', () => '/xs-backup/waiting'],
  ['who asks, a later page', (n) => `/xs-backup/waiting?page=${1 + (n % 8)}`],
  ['held aside', () => '/xs-backup/held'],
  ['held aside, a later page', (n) => `/xs-backup/held?page=${1 + (n % 8)}`],
  ['all of them held aside?', () => all],
  ['one thing that needs somebody', () => '/xs-backup/needs/never-backed-up'],
  ['disk', () => '/xs-backup/disk'],
  ['one laptop', () => `/xs-backup/laptop/${SERIAL}`],
  ['whose new laptop is this?', () => `/xs-backup/laptop/${serialOf(10)}/replaces`],
  ['who did what', (n) => `/xs-backup/audit?page=${1 + (n % 5)}`],
]);
process.stdout.write(
  `worst: ${worstMs.toFixed(0)} ms, limit ${LIMIT_MS} ms; ` +
    `${(worstBytes / 1000).toFixed(0)} KB, limit ${LIMIT_BYTES / 1000} KB\n`,
);
process.exitCode = worstMs < LIMIT_MS && worstBytes < LIMIT_BYTES ? 0 : 1;
