/**
 * Which step of an ingest is durable before which, as the system's calls say, and that none of them is waited for
 * on the event loop: a busy disk may need a minute for one fsync.
 */
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { judgeQuietClaim } from '../../../xs/api/quiet-claim.ts';
import { quietKey } from '../../../xs/api/quiet-day.ts';
import { Intake } from '../../../xs/ingest/intake.ts';
import { readRecord } from '../../../xs/registration/laptop-record.ts';
import { meetAgent } from '../../../xs/registration/twin-file.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { waitFor } from '../../runner/patience.ts';
import { completionFor, ed25519, type Journal, SERIAL, sendEntry, uidOf } from '../library.ts';
import { dsaKey, openWhole } from '../whole.ts';

const test = suite('what is durable before what');

const OTHER = parseSerial('SHC00800000');
const JOURNAL: Journal = new Map([[uidOf(1), { title: 'a', content: 'drawing' }]]);
const NAME = /^(?:datastore-)?\d{4}-\d\d-\d\d_\d\d:\d\d(?:-\d+)?$/;

const replace = (file: string, folder: string) => [
  `fsync ${file}.tmp`,
  `rename ${file}.tmp ${file}`,
  `fsync ${folder}`,
];

/** What a power cut leaves behind at any moment follows from this order. HOME is also the name of a claim. */
const STEPS = [
  ...['rename HOME HOME', 'fsync .claimed', 'rename incoming .taken'],
  ...[...replace('SUMS.gz', 'DRAFT'), ...replace('MANIFEST', 'DRAFT'), 'fsync DRAFT'],
  ...['rename DRAFT SNAPSHOT', 'fsync HOME'],
  ...replace('datastore-latest', 'HOME').slice(1),
  ...replace('last-success.json', 'HOME'),
  ...['rename .taken incoming', 'rm CLAIM'],
];

/** Short names for what differs from run to run. */
function short(path: string): string {
  const name = basename(path).replace(/^\.(.*?)\.\d+\.\d+\.tmp$/, '$1.tmp');
  if (NAME.test(name)) return 'SNAPSHOT';
  return name.replace(/^\.tmp-[0-9a-f]+$/, 'DRAFT').replace(SERIAL, 'HOME');
}

/** Notes each durable step of this process until it is disposed of; `onFsync` is told before each of them. */
function watchDisk(
  onFsync: (name: string) => void = () => {},
): { steps: string[]; onLoop: string[] } & Disposable {
  const [steps, onLoop]: [string[], string[]] = [[], []];
  const { fsyncSync, renameSync } = fs;
  const before = { fsyncSync, renameSync };
  const { open, rename, rm } = fs.promises;
  const promises = { open, rename, rm };
  const pathOf = (fd: number) => short(readlinkSync(`/proc/self/fd/${fd}`));
  fs.fsyncSync = (fd) => {
    onLoop.push(`${pathOf(fd)} ${new Error().stack?.split('\n').slice(2, 6).join(' ')}`);
    steps.push(`fsync ${pathOf(fd)}`);
    before.fsyncSync(fd);
  };
  fs.renameSync = (from, to) => {
    steps.push(`rename ${short(String(from))} ${short(String(to))}`);
    before.renameSync(from, to);
  };
  fs.promises.rename = async (from, to) => {
    await promises.rename(from, to);
    steps.push(`rename ${short(String(from))} ${short(String(to))}`);
  };
  fs.promises.rm = async (path, options) => {
    await promises.rm(path, options);
    if (dirname(String(path)).endsWith('.claimed')) steps.push('rm CLAIM');
  };
  fs.promises.open = async (...args: Parameters<typeof promises.open>) => {
    const file = await promises.open(...args);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      const name = pathOf(file.fd);
      onFsync(name);
      await sync();
      steps.push(`fsync ${name}`);
    };
    return file;
  };
  syncBuiltinESMExports();
  return {
    ...{ steps, onLoop },
    [Symbol.dispose]: () => {
      Object.assign(fs, before);
      Object.assign(fs.promises, promises);
      syncBuiltinESMExports();
    },
  };
}

/** A `sync` that says what the pool held when it was called, and then is the system's. */
function tellingSync(pool: string): { env: NodeJS.ProcessEnv; told: () => string } & Disposable {
  const bin = mkdtempSync(join(tmpdir(), 'ds-order-'));
  const note = join(bin, 'note');
  const script = `#!/bin/sh\nfind '${pool}' -type f | wc -l >>'${note}'\nexec /bin/sync "$@"\n`;
  writeFileSync(join(bin, 'sync'), script, { mode: 0o755 });
  return {
    env: { PATH: `${bin}:${process.env.PATH}` },
    told: () => readFileSync(note, 'utf8').trim(),
    [Symbol.dispose]: () => rmSync(bin, { recursive: true, force: true }),
  };
}

test('each step of an ingest is durable before the next one, and the event loop waits for none', async () => {
  await using whole = await openWhole('');
  const { context, library } = whole;
  const { paths, registrations, workQueue } = library;
  for (const [uid, entry] of JOURNAL) sendEntry(inLaptop(paths, SERIAL).incoming, uid, entry);
  using sync = tellingSync(join(paths.library, '.pool'));
  const { env } = sync;
  await using intake = new Intake({ ...context, env, log: silentLog, registrations, workQueue });
  const completion = completionFor(whole, JOURNAL);
  writeFileSync(inCompletion(paths).waiting(SERIAL), JSON.stringify(completion));
  using disk = watchDisk();
  intake.start();
  assert.is((await intake.finalOutcome(SERIAL, completion.run, 600_000)).state, 'done');
  await waitFor('the claim to go', () => disk.steps.includes('rm CLAIM'));
  assert.is(sync.told(), '0', 'what arrived is durable before it has a name in the pool');
  assert.equal(disk.steps, STEPS);
  assert.equal(disk.onLoop, [], 'the event loop waited for the disk');
});

test('a snapshot that can be seen already is not called safe before its name is durable', async () => {
  await using whole = await openWhole('');
  const { context, library } = whole;
  const { paths, registrations, workQueue } = library;
  for (const [uid, entry] of JOURNAL) sendEntry(inLaptop(paths, SERIAL).incoming, uid, entry);
  await using intake = new Intake({ ...context, log: silentLog, registrations, workQueue });
  const completion = completionFor(whole, JOURNAL);
  writeFileSync(inCompletion(paths).waiting(SERIAL), JSON.stringify(completion));
  const told: string[] = [];
  using _disk = watchDisk((name) => {
    const isThere = listSnapshots(paths, SERIAL).length > 0;
    if (name === 'HOME' && isThere) told.push(intake.outcome(SERIAL, completion.run).state);
  });
  intake.start();
  assert.is((await intake.finalOutcome(SERIAL, completion.run, 600_000)).state, 'done');
  assert.is(told[0], 'ingesting');
});

test("neither does the event loop for an original client's mirror, nor for a day without changes", async () => {
  await using whole = await openWhole('');
  const { context, library } = whole;
  const { paths, registrations, workQueue } = library;
  const laptop = inLaptop(paths, SERIAL);
  const entry = join(laptop.original, uidOf(1).slice(0, 2), uidOf(1));
  mkdirSync(join(entry, 'metadata'), { recursive: true });
  writeFileSync(join(entry, 'metadata', 'title'), 'film');
  writeFileSync(join(entry, 'data'), 'a film');
  await using intake = new Intake({ ...context, log: silentLog, registrations, workQueue });
  const { waiting, claimed } = inCompletion(paths);
  writeFileSync(waiting(SERIAL), '');
  using disk = watchDisk();
  intake.start();
  await waitFor('the completion file to go', () => {
    return !existsSync(waiting(SERIAL)) && !existsSync(claimed(SERIAL));
  });
  const [newest] = listSnapshots(paths, SERIAL);
  assert.ok(newest);
  assert.ok(disk.steps.includes('rename original-fold.json.tmp original-fold.json'));
  const { sequence, state } = newest;
  assert.is(await judgeQuietClaim(library, SERIAL, { sequence, state }), 'safe');
  assert.equal(disk.onLoop, []);
});

test('a new laptop has the name of its folder for good before it is registered', async () => {
  await using whole = await openWhole('');
  const { registrations, paths } = whole.library;
  using disk = watchDisk();
  registrations.register(OTHER, 'Ines', 'u', dsaKey(2));
  assert.ok(disk.steps.includes(`fsync ${basename(paths.library)}`), disk.steps.join());
});

test('neither does it for a new laptop, the keys of its agent, its number and the audit log', async () => {
  await using whole = await openWhole('');
  const { registrations, paths } = whole.library;
  const key = ed25519(7);
  using disk = watchDisk((name) => {
    const isNamed = registrations.get(OTHER)?.keys.own === key;
    if (name !== OTHER || !isNamed || disk.steps.includes('rename told')) return;
    disk.steps.push('rename told');
    void registrations.settled(OTHER).then(() => disk.steps.push('told'));
  });
  assert.is(await registrations.registerAside(OTHER, 'Ines', 'u', dsaKey(2)), 'accepted');
  const { registration, registrationCopy } = inLaptop(paths, OTHER);
  const names = [registration, registrationCopy].map((path) => basename(path));
  const record = [
    ...names.map((name) => `fsync ${name}.tmp`),
    ...names.map((name) => `rename ${name}.tmp ${name}`),
    `fsync ${OTHER}`,
  ];
  const month = `fsync ${whole.clock.now().toISOString().slice(0, 7)}.jsonl`;
  const library = `fsync ${basename(paths.library)}`;
  assert.equal(disk.steps.slice(0, 1 + record.length), [library, ...record]);
  assert.ok(disk.steps.includes(month), disk.steps.join());
  const offer = {
    uuid: 'u',
    key,
    codes: { code: '123456', answer: '654321' },
    address: 'here',
    color: '#FF0000,#00FF00',
  };
  assert.is(await registrations.enrolAside(OTHER, offer), 'accepted');
  assert.equal(readRecord(paths, OTHER), registrations.get(OTHER));
  await quietKey(paths, OTHER);
  await meetAgent(whole.library, OTHER, { instance: 'a'.repeat(32), base: '0' }, 0);
  assert.ok(disk.steps.indexOf('told') > disk.steps.indexOf('rename told') + 1, 'told too early');
  assert.equal(disk.onLoop, []);
});

test.run();
