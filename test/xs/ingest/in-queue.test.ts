/** What the work queue, for which everybody else waits, is kept free of: reading and counting what was sent. */
import fs, { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HardQuota } from '../../../xs/ingest/hard-quota.ts';
import { ingest } from '../../../xs/ingest/ingest.ts';
import { alone, type Pace } from '../../../xs/ingest/pace.ts';
import { giveBack } from '../../../xs/ingest/taken.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { countSteps } from '../../shared/turns.ts';
import { checkSnapshots } from '../check.ts';
import { completionFor, type Journal, makeLibrary, SERIAL, sendEntry, uidOf } from '../library.ts';

const test = suite('the work queue is kept free');

const JOURNAL: Journal = new Map([
  [uidOf(1), { title: 'a', content: 'drawing' }],
  [uidOf(2), { title: 'b', content: 'a letter' }],
]);

/** Notes which files are opened and which folders are listed, and whether in the queue. */
function watchReads(): { inQueue: string[]; before: string[]; pace: Pace } & Disposable {
  const seen: [inQueue: string[], before: string[]] = [[], []];
  let has = false;
  const note = (path: unknown) => seen[has ? 0 : 1].push(basename(String(path)));
  const { openSync } = fs;
  const { open, opendir } = fs.promises;
  fs.openSync = (path, ...more) => {
    note(path);
    return openSync(path, ...more);
  };
  fs.promises.open = (path, ...more) => {
    note(path);
    return open(path, ...more);
  };
  fs.promises.opendir = (path, ...more) => {
    note(path);
    return opendir(path, ...more);
  };
  syncBuiltinESMExports();
  const inQueue: Pace['inQueue'] = async (work) => {
    has = true;
    try {
      return await work();
    } finally {
      has = false;
    }
  };
  return {
    ...{ inQueue: seen[0], before: seen[1], pace: { ...alone(), inQueue } },
    [Symbol.dispose]: () => {
      fs.openSync = openSync;
      Object.assign(fs.promises, { open, opendir });
      syncBuiltinESMExports();
    },
  };
}

function sendAll(folder: string): void {
  for (const [uid, entry] of JOURNAL) sendEntry(folder, uid, entry);
}

test('what was sent is counted once, and before', async () => {
  using library = makeLibrary();
  const { incoming: folder } = inLaptop(library.paths, SERIAL);
  sendAll(folder);
  const learned: number[] = [];
  const hardQuota = {
    check: (_: unknown, bytes: number) => void learned.push(bytes),
    add: (_: unknown, bytes: number) => void learned.push(bytes),
  } as unknown as HardQuota;
  const completion = completionFor(library, JOURNAL);
  using reads = watchReads();
  const sent = { serial: SERIAL, completion, folder, source: 'agent' } as const;
  const outcome = await ingest({ ...library.context, hardQuota }, sent, reads.pace);
  assert.is(outcome.state, 'done');
  assert.is(reads.inQueue.filter((name) => name === 'incoming').length, 0);
  // To know what is there, to count it, and to empty it.
  assert.is(reads.before.filter((name) => name === 'incoming').length, 3);
  assert.is(learned.length, 2);
  assert.ok((learned[0] ?? 0) > 0);
  assert.is(learned[0], learned[1]);
});

test('what first seemed not worth reading is read before the queue, too, when it is', async () => {
  using library = makeLibrary();
  const { incoming: folder } = inLaptop(library.paths, SERIAL);
  sendAll(folder);
  let asked = 0;
  const cap = {
    admits: () => {
      asked += 1;
      return asked > 1; // a day has passed meanwhile
    },
    check: () => {},
    note: () => {},
  } as unknown as NonNullable<typeof library.context.cap>;
  const completion = completionFor(library, JOURNAL);
  using reads = watchReads();
  const sent = { serial: SERIAL, completion, folder, source: 'agent' } as const;
  const outcome = await ingest({ ...library.context, cap }, sent, reads.pace);
  assert.is(outcome.state, 'done');
  const ofJournal = (names: string[]) => names.filter((name) => name.startsWith(uidOf(1)));
  assert.equal(ofJournal(reads.inQueue), []);
  assert.ok(ofJournal(reads.before).length > 0);
  assert.equal([...checkSnapshots(library.paths, SERIAL).keys()], [1]);
});

test('what was taken away comes back in pieces where something new lies already', async () => {
  using library = makeLibrary();
  const { incoming, taken } = inLaptop(library.paths, SERIAL);
  mkdirSync(join(taken, 'deep'), { recursive: true });
  mkdirSync(join(incoming, 'deep'));
  const names = Array.from({ length: 400 }, (_, n) => `${n}`);
  for (const name of names) {
    writeFileSync(join(taken, name), 'old');
    writeFileSync(join(taken, 'deep', name), 'old');
  }
  writeFileSync(join(incoming, '7'), 'newer');
  using steps = countSteps();
  const pause = async () => {
    steps.step();
    await new Promise((go) => setImmediate(go));
  };
  await giveBack(library.context, SERIAL, pause);
  assert.ok(steps.all >= 800, `${steps.all} pauses`);
  assert.is(steps.most, 1);
  assert.equal(readdirSync(incoming).sort(), [...names, 'deep'].sort());
  assert.equal(readdirSync(join(incoming, 'deep')).sort(), [...names].sort());
  assert.is(fs.readFileSync(join(incoming, '7'), 'utf8'), 'newer');
  assert.not.ok(existsSync(taken));
});

test.run();
