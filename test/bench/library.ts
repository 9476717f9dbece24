/**
 * `npm run bench:library`: what the server does to its library, measured. Seconds depend on the
 * machine; ratios against the original's `cp -al` in the same run are what counts.
 *
 *     snapshot   ingest and snapshot of 1 % changed in J2000, beside `cp -al` of the raw tree
 *     plan       cleanup's decisions for 200 laptops with 60 snapshots of 500 entries each
 *     adopt      conversion of ten raw trees of J500
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DAY_MS } from '../../shared/clock.ts';
import { type Digest, newRunId, parseUid, type Serial, type Uid } from '../../shared/ids.ts';
import { digestFile, digestOf, encodeEntry } from '../../shared/journal/entry.ts';
import { contentOf, listEntries, readProperties } from '../../shared/journal/journal-tree.ts';
import { difference, formatSums, stateDigest } from '../../shared/journal/sums.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';
import { planLaptop } from '../../xs/chores/cleanup.ts';
import { ingest } from '../../xs/ingest/ingest.ts';
import { inLaptop } from '../../xs/storage/paths.ts';
import { baseSnapshot, readVersions } from '../../xs/storage/snapshots.ts';
import { changeJournal, generateJournal } from '../journal/generator.ts';
import { SERIAL } from '../xs/library.ts';
import { openWhole, serialOf, type WholeLibrary } from '../xs/whole.ts';

const ROUNDS = 5;
const LAPTOPS = 200;
const SNAPSHOTS = 60;
const ENTRIES = 500;
const CHANGED_A_DAY = 5;

interface Figure {
  name: string;
  seconds: number;
  note: string;
}

/** What a laptop's staging makes of its Journal, straight into `incoming/`. */
async function sendJournal(whole: WholeLibrary, journal: string) {
  const { paths } = whole.library;
  const { incoming } = inLaptop(paths, SERIAL);
  const base = baseSnapshot(paths, SERIAL);
  const before = base ? readVersions(base) : new Map<Uid, Digest>();
  const versions = new Map<Uid, Digest>();
  for (const entry of listEntries(journal)) {
    const content = contentOf(entry);
    const { properties } = readProperties(entry);
    const bytes = encodeEntry({ content: content && (await digestFile(content.path)), properties });
    const digest = digestOf(bytes);
    versions.set(entry.uid, digest);
    if (before.get(entry.uid) === digest) continue;
    writeFileSync(join(incoming, `${entry.uid}.metadata`), bytes);
    if (content) copyFileSync(content.path, join(incoming, entry.uid));
  }
  const { changed, removed } = difference(before, versions);
  return {
    ...{ format: 'ds-backup-completion' as const, version: 1 as const, serial: SERIAL },
    ...{ run: newRunId(), agent: 'bench', changed: [...changed], removed },
    base: base ? { sequence: base.sequence, state: base.state } : null,
    ...{ state: stateDigest(versions), entries: versions.size },
  };
}

async function measureSnapshot(folder: string): Promise<Figure[]> {
  const journal = join(folder, 'J2000');
  generateJournal(journal, { entries: 2000, seed: 1 });
  await using whole = await openWhole('', { folder: makeFolder(folder, 'snapshot') });
  const { incoming } = inLaptop(whole.library.paths, SERIAL);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const completion = await sendJournal(whole, journal);
    const snapshot = async () => {
      const arrival = { serial: SERIAL, completion, folder: incoming, source: 'agent' as const };
      const start = performance.now();
      const { state } = await ingest(whole.context, arrival);
      if (state !== 'done') throw new Error(`the ingest ended ${state}`);
      return performance.now() - start;
    };
    const copy = () => {
      const start = performance.now();
      execFileSync('cp', ['-al', journal, join(folder, `copy-${round}`)]);
      return performance.now() - start;
    };
    execFileSync('sync');
    const first = round % 2 === 0 ? copy() : 0;
    const own = await snapshot();
    execFileSync('sync');
    const other = first || copy();
    if (round > 0) {
      ours.push(own);
      theirs.push(other);
    }
    changeJournal(journal, { share: 0.01, seed: round });
  }
  const [own, other] = [median(ours), median(theirs)];
  return [
    { name: 'cp -al of J2000', seconds: other / 1000, note: '' },
    {
      name: 'ingest and snapshot, 1 % of J2000 changed',
      seconds: own / 1000,
      note: `${(own / other).toFixed(3)} of cp -al`,
    },
  ];
}

/** Snapshots as far as planning looks at them: MANIFEST, SUMS.gz, and the files of new versions. */
function makeHistory(whole: WholeLibrary, serial: Serial, index: number): void {
  const { home } = inLaptop(whole.library.paths, serial);
  const file = join(home, 'file');
  writeFileSync(file, 'x'.repeat(3000));
  const versions = new Map<Uid, Digest>();
  for (let n = 0; n < SNAPSHOTS; n += 1) {
    const time = new Date(Date.parse('2026-01-01T09:00:00Z') + n * DAY_MS);
    const name = `datastore-${time.toISOString().slice(0, 16).replace('T', '_')}`;
    const folder = join(home, name);
    mkdirSync(folder);
    const fresh = n === 0 ? ENTRIES : CHANGED_A_DAY;
    for (let k = 0; k < fresh; k += 1) {
      const at = n === 0 ? k : (n * CHANGED_A_DAY + k) % ENTRIES;
      const uid = parseUid(`00000000-0000-4000-8000-${String(at).padStart(12, '0')}`);
      versions.set(uid, digestOf(`${index} ${n} ${at}`));
      linkSync(file, join(folder, uid));
      linkSync(file, join(folder, `${uid}.metadata`));
    }
    const text = formatSums(versions);
    const manifest = {
      ...{ format: 'ds-backup-manifest', version: 1, serial, name, sequence: n + 1 },
      ...{ run: newRunId(), created: time.toISOString(), source: 'agent', agent: 'bench' },
      ...{ entries: ENTRIES, bytes: 3_000_000, changed: fresh, removed: 0, state: digestOf(text) },
    } as Manifest;
    writeFileSync(join(folder, 'SUMS.gz'), gzipSync(text));
    writeFileSync(join(folder, 'MANIFEST'), JSON.stringify(manifest));
  }
}

async function measurePlan(folder: string): Promise<Figure[]> {
  await using whole = await openWhole('', {
    folder: makeFolder(folder, 'plan'),
    start: '2026-03-05T09:00:00Z',
  });
  for (let n = 0; n < LAPTOPS; n += 1) {
    mkdirSync(inLaptop(whole.library.paths, serialOf(n)).home);
    makeHistory(whole, serialOf(n), n);
  }
  globalThis.gc?.();
  const quota = { bytes: 1e9, inodes: 1e6 };
  const before = process.memoryUsage().rss;
  let peak = before;
  let removals = 0;
  const start = performance.now();
  for (let n = 0; n < LAPTOPS; n += 1) {
    const { plan, problem } = await planLaptop(whole.library, serialOf(n), quota);
    if (!plan) throw new Error(problem);
    removals += plan.remove.length;
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  const seconds = (performance.now() - start) / 1000;
  const grown = Math.round((peak - before) / 1e6);
  const note = `${removals} of ${LAPTOPS * SNAPSHOTS} to remove, memory grew by ${grown} MB`;
  return [{ name: `cleanup plan, ${LAPTOPS} x ${SNAPSHOTS} x ${ENTRIES}`, seconds, note }];
}

async function measureAdoption(folder: string): Promise<Figure[]> {
  await using whole = await openWhole('', { folder: makeFolder(folder, 'adopt') });
  const { home, original } = inLaptop(whole.library.paths, SERIAL);
  generateJournal(original, { entries: 500, seed: 2 });
  let copying = 0;
  for (let n = 0; n < 10; n += 1) {
    const name = `datastore-2012-05-${String(n + 10)}_09:00`;
    const start = performance.now();
    execFileSync('cp', ['-al', original, join(home, name)]);
    copying += performance.now() - start;
    changeJournal(original, { share: 0.01, seed: n });
  }
  execFileSync('sync');
  const start = performance.now();
  await whole.command('adopt', [SERIAL]);
  const ms = performance.now() - start;
  const rate = Math.round(5000 / (ms / 1000));
  return [
    { name: 'cp -al, ten times J500', seconds: copying / 1000, note: '' },
    {
      name: 'adoption of these ten trees',
      seconds: ms / 1000,
      note: `${rate} entries/s, ${(ms / copying).toFixed(2)} of making them with cp -al`,
    },
  ];
}

function makeFolder(folder: string, name: string): string {
  const path = join(folder, name);
  if (!existsSync(path)) mkdirSync(path);
  return path;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const folder = mkdtempSync(join(tmpdir(), 'ds-bench-library-'));
try {
  const figures: Figure[] = [];
  for (const measure of [measureSnapshot, measurePlan, measureAdoption]) {
    figures.push(...(await measure(folder)));
  }
  for (const { name, seconds, note } of figures) {
    process.stdout.write(`${name.padEnd(46)} ${seconds.toFixed(3).padStart(8)} s  ${note}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
