/**
 * `npm run bench:pages`: how long the restore pages take for a large Journal: 5,000 entries in 60
 * snapshots, over a real socket. The first request of each kind finds nothing in memory; the limit is
 * 100 ms.
 *
 *     node --import tsx test/bench/pages.ts [ENTRIES [SNAPSHOTS]]
 */
import { Journals } from '../../xs/pages/journal/journal.ts';
import { newestSnapshot } from '../../xs/storage/snapshots.ts';
import { previewPng } from '../journal/content.ts';
import { seededRandom } from '../journal/random.ts';
import { backUp, type Journal, type JournalEntry, SERIAL, uidOf } from '../xs/library.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from '../xs/pages/browser.ts';
import { DAY_MS } from '../xs/whole.ts';

const [ENTRIES = 5000, SNAPSHOTS = 60] = process.argv.slice(2).map(Number);
const CHANGED_A_DAY = 20;
const ROUNDS = 30;
const LIMIT_MS = 100;

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

async function time(browser: Browser, path: string): Promise<number> {
  const start = performance.now();
  const { status, body } = await browser.get(path);
  const ms = performance.now() - start;
  if (status !== 200 || body.length < 100) throw new Error(`${path}: ${status}`);
  return ms;
}

function line(name: string, values: readonly (number | string)[]): void {
  const cells = values.map((value) =>
    (typeof value === 'number' ? value.toFixed(1) : value).padStart(9),
  );
  process.stdout.write(`${name.padEnd(34)}${cells.join('')}\n`);
}

await using server = await servePages('', '2026-06-01T08:00:00Z');
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
line('ms', ['first', 'median', 'p95', 'most']);
let worst = 0;
for (const [name, path] of [
  ['days', () => home],
  ['a day', () => day],
  ['a day, a later page', (n: number) => `${day}?page=${1 + (n % 200)}`],
  ['a day, search', (n: number) => `${day}?q=casa+${n}`],
  ['all days', () => `${home}all/`],
  ['all days, search', (n: number) => `${home}all/?q=r%C3%ADo+${n}&kind=picture`],
  ['an entry and its versions', () => entry],
  ['a picture', () => `${entry}picture`],
] as const) {
  const first = await time(browser, path(0));
  const times: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) times.push(await time(browser, path(n)));
  times.sort((a, b) => a - b);
  const [median = 0, p95 = 0, most = 0] = [0.5, 0.95, 1].map(
    (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))],
  );
  worst = Math.max(worst, first, most);
  line(name, [first, median, p95, most]);
}
process.stdout.write(`worst: ${worst.toFixed(0)} ms; asked for: below ${LIMIT_MS} ms\n`);
process.exitCode = worst < LIMIT_MS ? 0 : 1;
