import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Clock, realClock } from '../../../shared/clock.ts';
import type { Serial } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { stateDigest } from '../../../shared/journal/sums.ts';
import type { Completion } from '../../../shared/protocol/messages.ts';
import { lockFile } from '../../../shared/system/lock.ts';
import { MAX_ATTEMPTS } from '../../../xs/ingest/attempts.ts';
import { DailyCap } from '../../../xs/ingest/daily-cap.ts';
import { Intake, type IntakeOptions } from '../../../xs/ingest/intake.ts';
import { RUN_BUDGET } from '../../../xs/ingest/pace.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { waitFor } from '../../runner/patience.ts';
import { completionFor, type Journal, SERIAL, sendEntry, uidOf } from '../library.ts';
import { momentAfter } from '../retention/aged.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const test = suite('what waits to be ingested');

const JOURNAL: Journal = new Map([[uidOf(1), { title: 'a', content: 'drawing' }]]);

/** A service's intake whose waits end when the test says so. */
async function start(env: NodeJS.ProcessEnv, options: Partial<IntakeOptions> = {}) {
  const whole = await openWhole('');
  const { library, context } = whole;
  const waits: number[] = [];
  let told = () => {};
  let go = () => {};
  const clock: Clock = {
    ...library.clock,
    sleep: (ms) => {
      waits.push(ms);
      told();
      return new Promise((resolve) => {
        go = resolve;
      });
    },
  };
  const { registrations, workQueue } = library;
  const intake = new Intake({ ...context, clock, env, registrations, workQueue, ...options });
  const nextWait = async (): Promise<number> => {
    if (waits.length === 0) await new Promise<void>((resolve) => (told = resolve));
    return waits.shift() ?? 0;
  };
  const completion = completionFor(whole, JOURNAL);
  for (const [uid, entry] of JOURNAL) {
    sendEntry(inLaptop(library.paths, SERIAL).incoming, uid, entry);
  }
  const hand = () => {
    const { waiting } = inCompletion(library.paths);
    writeFileSync(`${waiting(SERIAL)}.tmp`, JSON.stringify(completion));
    renameSync(`${waiting(SERIAL)}.tmp`, waiting(SERIAL));
  };
  const end = async () => {
    await intake[Symbol.asyncDispose]();
    await whole[Symbol.asyncDispose]();
  };
  return {
    ...{ whole, library, intake, completion, nextWait, hand, go: () => go() },
    [Symbol.asyncDispose]: end,
  };
}

test('a snapshot whose claim a killed service left is not told before the claim is done again', async () => {
  await using service = await start(process.env);
  const { intake, completion, library, whole } = service;
  service.hand();
  intake.start();
  const { claimed } = inCompletion(library.paths);
  await waitFor('the snapshot', () => newestSnapshot(library.paths, SERIAL));
  await waitFor('the completion file to go', () => !existsSync(claimed(SERIAL)));
  const { registrations, workQueue } = library;
  // As a service that has just started knows it.
  await using again = new Intake({
    ...{ ...whole.context, registrations, workQueue, env: process.env, clock: realClock },
  });
  assert.is(again.outcome(SERIAL, completion.run).state, 'done');
  writeFileSync(claimed(SERIAL), JSON.stringify(completion));
  assert.is(again.outcome(SERIAL, completion.run).state, 'ingesting');
});

test('a sync that fails is tried again later and later, and nothing is lost', async () => {
  const bin = mkdtempSync(join(tmpdir(), 'ds-intake-'));
  writeFileSync(join(bin, 'sync'), '#!/bin/sh\necho "no sync today" >&2\nexit 1\n', {
    mode: 0o755,
  });
  try {
    await using service = await start({ ...process.env, PATH: `${bin}:${process.env.PATH}` });
    const { intake, completion, library } = service;
    service.hand();
    intake.start();
    assert.is(await service.nextWait(), 4000);
    const outcome = intake.outcome(SERIAL, completion.run);
    assert.is(outcome.state === 'refused' && outcome.code, 'program-failed');
    service.go();
    assert.is(await service.nextWait(), 8000);
    assert.ok(existsSync(inCompletion(library.paths).claimed(SERIAL)), 'it is still there');
    rmSync(join(bin, 'sync'));
    service.go();
    const { claimed } = inCompletion(library.paths);
    await waitFor('the completion file to go', () => !existsSync(claimed(SERIAL)));
    assert.is(intake.outcome(SERIAL, completion.run).state, 'done');
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
});

test('a laptop that is still sending is asked about every two seconds', async () => {
  await using service = await start(process.env);
  const { intake, completion, library } = service;
  const lock = await lockFile(inLaptop(library.paths, SERIAL).sessionLock, {
    ...{ env: process.env, waitSeconds: 0 },
  });
  service.hand();
  intake.start();
  assert.is(await service.nextWait(), 2000);
  service.go();
  assert.is(await service.nextWait(), 2000);
  await lock.release();
  service.go();
  assert.is((await intake.finalOutcome(SERIAL, completion.run, 600_000)).state, 'done');
});

/** What `serial` sends: one entry whose content has `bytes` zeros. */
function sendZeros(whole: WholeLibrary, serial: Serial, bytes: number): Completion {
  const { paths, registrations } = whole.library;
  if (!registrations.get(serial)) registrations.register(serial, 'x', 'uuid', dsaKey(2));
  const { incoming } = inLaptop(paths, serial);
  const journal: Journal = new Map([[uidOf(2), { title: 'zeros', content: Buffer.alloc(bytes) }]]);
  const completion = completionFor(whole, journal, serial);
  for (const [uid, entry] of journal) sendEntry(incoming, uid, entry);
  writeFileSync(inCompletion(paths).waiting(serial), JSON.stringify(completion));
  return completion;
}

test('one laptop with a lot to read lets the others pass', async () => {
  const done: Serial[] = [];
  await using service = await start(process.env, {
    budget: { ...RUN_BUDGET, turnBytes: 1 << 20 },
    onBackup: ({ serial }) => void done.push(serial),
  });
  const { intake, library } = service;
  const [greedy, others] = [serialOf(1), [SERIAL, serialOf(3), serialOf(4)]];
  // Read in the order of their names at start: the greedy one was claimed before a restart.
  const large = sendZeros(service.whole, greedy, 64 << 20);
  const { waiting, claimed } = inCompletion(library.paths);
  renameSync(waiting(greedy), claimed(greedy));
  for (const serial of others) sendZeros(service.whole, serial, 1000);
  intake.start();
  assert.is((await intake.finalOutcome(greedy, large.run, 600_000)).state, 'done');
  assert.is(done.at(-1), greedy);
  assert.equal(done.slice(0, -1).sort(), others.sort());
});

test("an original client's mirror is read outside of the work queue, and lets the others pass", async () => {
  const done: Serial[] = [];
  await using service = await start(process.env, {
    budget: { ...RUN_BUDGET, turnBytes: 1 << 20 },
    onBackup: ({ serial }) => void done.push(serial),
  });
  const { intake, library } = service;
  const { paths, registrations } = library;
  const mirrored = serialOf(1);
  registrations.register(mirrored, 'x', 'uuid', dsaKey(2));
  const laptop = inLaptop(paths, mirrored);
  const bytes = 64 << 20;
  const entry = join(laptop.original, uidOf(1).slice(0, 2), uidOf(1));
  mkdirSync(join(entry, 'metadata'), { recursive: true });
  writeFileSync(join(entry, 'metadata', 'title'), 'film');
  writeFileSync(join(entry, 'data'), 'the beginning, and a hole');
  truncateSync(join(entry, 'data'), bytes);
  const { waiting, claimed } = inCompletion(paths);
  writeFileSync(claimed(mirrored), '');
  sendZeros(service.whole, SERIAL, 1000);
  const copied = () => {
    const folder = readdirSync(laptop.home).find((name) => name.endsWith('-folded'));
    const path = join(laptop.home, folder ?? '', uidOf(1));
    return (folder && statSync(path, { throwIfNoEntry: false })?.size) || 0;
  };
  intake.start();
  while (copied() === 0 && existsSync(claimed(mirrored))) await breathe();
  assert.ok(copied() < bytes, 'the copy was seen before it was complete');
  await library.workQueue.run(() => assert.ok(copied() < bytes, 'the queue is free meanwhile'));
  await waitFor('both to be done', () => {
    return !existsSync(claimed(mirrored)) && !existsSync(waiting(SERIAL));
  });
  assert.equal(done, [SERIAL, mirrored]);
});

test('a claim of many entries that are not there lets the others pass, and needs no turn of the queue', async () => {
  await using service = await start(process.env);
  const { intake, library } = service;
  const liar = serialOf(1);
  const lie = sendZeros(service.whole, liar, 1000);
  const missing = Array.from({ length: 20_000 }, (_, n) => [uidOf(n + 10), digestOf('x')] as const);
  const changed = [...lie.changed, ...missing];
  const state = stateDigest(new Map(changed));
  const { waiting, claimed } = inCompletion(library.paths);
  const text = JSON.stringify({ ...lie, changed, state, entries: changed.length });
  rmSync(waiting(liar));
  writeFileSync(claimed(liar), text); // the first at start
  const honest = sendZeros(service.whole, SERIAL, 1000);
  let go = () => {};
  const others = library.workQueue.run(() => new Promise<void>((resolve) => (go = resolve)));
  intake.start();
  const outcome = await intake.finalOutcome(liar, lie.run, 600_000);
  go();
  await others;
  assert.is(outcome.state === 'missing' && outcome.missing.length, missing.length);
  assert.is((await intake.finalOutcome(SERIAL, honest.run, 600_000)).state, 'done');
});

test('what arrived is durable before the turn of the work queue, and removed after it', async () => {
  const bin = mkdtempSync(join(tmpdir(), 'ds-intake-'));
  const synced = join(bin, 'synced');
  const script = `#!/bin/sh\n/bin/sync "$@" && : >>'${synced}'\n`;
  writeFileSync(join(bin, 'sync'), script, { mode: 0o755 });
  try {
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    await using service = await start(env);
    const { intake, library, completion } = service;
    const { incoming, taken, home } = inLaptop(library.paths, SERIAL);
    mkdirSync(join(incoming, 'deep'));
    for (let n = 0; n < 5000; n += 1) writeFileSync(join(incoming, 'deep', `${n}`), '');
    let go = () => {};
    const others = library.workQueue.run(() => new Promise<void>((resolve) => (go = resolve)));
    service.hand();
    intake.start();
    await waitFor('what arrived to be durable', () => existsSync(synced) || undefined);
    assert.not.ok(existsSync(join(home, 'datastore-latest')));
    go();
    await others;
    await waitFor('the snapshot', () => newestSnapshot(library.paths, SERIAL), { everyMs: 1 });
    await library.workQueue.run(() => {
      const left = readdirSync(join(taken, 'deep')).length;
      assert.ok(left > 0, 'the queue is free, and strange files are there still');
    });
    const { claimed } = inCompletion(library.paths);
    await waitFor('the completion file to go', () => !existsSync(claimed(SERIAL)));
    assert.is(intake.outcome(SERIAL, completion.run).state, 'done');
    assert.equal(readdirSync(incoming), []);
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
});

test('a run beyond its budget is refused, and what it sent is removed', async () => {
  for (const limit of [{ bytes: 1 << 20 }, { ms: 0 }]) {
    await using service = await start(process.env, { budget: { ...RUN_BUDGET, ...limit } });
    const { intake, library } = service;
    const { run } = sendZeros(service.whole, SERIAL, 2 << 20);
    intake.start();
    const outcome = await intake.finalOutcome(SERIAL, run, 600_000);
    assert.ok(outcome.state === 'refused' && outcome.code === 'bad-input', JSON.stringify(outcome));
    assert.equal(readdirSync(inLaptop(library.paths, SERIAL).incoming), []);
  }
});

test('runs that come to nothing count for the daily limit, four as one', async () => {
  const now = () => ({ ...momentAfter(0), time: new Date() });
  const cap = new DailyCap(realClock, 1, { now });
  await using service = await start(process.env, { cap });
  const { intake, library } = service;
  intake.start();
  const send = async (completion: Completion) => {
    const { waiting } = inCompletion(library.paths);
    writeFileSync(`${waiting(SERIAL)}.tmp`, JSON.stringify(completion));
    renameSync(`${waiting(SERIAL)}.tmp`, waiting(SERIAL));
    return intake.finalOutcome(SERIAL, completion.run, 600_000);
  };
  const lies = () => ({ ...completionFor(service.whole, JOURNAL), entries: 7 });
  for (let n = 0; n < 4; n += 1) {
    const outcome = await send(lies());
    assert.ok(outcome.state === 'refused' && outcome.code === 'bad-input');
  }
  const outcome = await send(completionFor(service.whole, JOURNAL));
  assert.ok(outcome.state === 'refused' && outcome.code === 'server-refused');
});

test('what fails again and again is given up, with its reason, also across restarts', async () => {
  const bin = mkdtempSync(join(tmpdir(), 'ds-intake-'));
  writeFileSync(join(bin, 'sync'), '#!/bin/sh\necho "no sync today" >&2\nexit 1\n', {
    mode: 0o755,
  });
  try {
    await using service = await start({ ...process.env, PATH: `${bin}:${process.env.PATH}` });
    const { library, completion, whole } = service;
    const { claimed } = inCompletion(library.paths);
    service.hand();
    const attempt = async () => {
      // Each attempt is made by a service that was just started.
      const intake = new Intake({
        ...{ ...whole.context, ...library, env: { PATH: `${bin}:${process.env.PATH}` } },
        clock: { ...library.clock, sleep: () => new Promise(() => {}) },
      });
      intake.start();
      const outcome = await intake.finalOutcome(SERIAL, completion.run, 600_000);
      await waitFor('an outcome', () => {
        return intake.outcome(SERIAL, completion.run).state !== 'ingesting';
      });
      await intake[Symbol.asyncDispose]();
      return outcome.state === 'refused' ? outcome.message : outcome.state;
    };
    for (let n = 0; n < MAX_ATTEMPTS; n += 1) {
      assert.match(await attempt(), /^sync/);
      assert.ok(existsSync(claimed(SERIAL)), 'it is still there');
    }
    assert.match(await attempt(), /given up after 10 attempts: .*no sync today/);
    assert.not(existsSync(claimed(SERIAL)));
    assert.equal(readdirSync(inCompletion(library.paths).claimedFolder), []);
    rmSync(join(bin, 'sync'));
    service.hand();
    assert.is(await attempt(), 'done');
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
});

test('what a service ended with comes last after a restart', async () => {
  const done: Serial[] = [];
  await using service = await start(process.env, {
    onBackup: ({ serial }) => void done.push(serial),
  });
  const { intake, library } = service;
  const { run } = sendZeros(service.whole, serialOf(1), 1000);
  const { waiting, claimed, attempts } = inCompletion(library.paths);
  renameSync(waiting(serialOf(1)), claimed(serialOf(1)));
  writeFileSync(attempts(serialOf(1)), '{"attempts":1}');
  sendZeros(service.whole, SERIAL, 1000);
  intake.start();
  assert.is((await intake.finalOutcome(serialOf(1), run, 600_000)).state, 'done');
  assert.equal(done, [SERIAL, serialOf(1)]);
});

test.run();
