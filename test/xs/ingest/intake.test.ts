import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clock } from '../../../shared/clock.ts';
import { lockFile } from '../../../shared/system/lock.ts';
import { Intake } from '../../../xs/ingest/intake.ts';
import { retryDelayMs } from '../../../xs/ingest/retry-schedule.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { completionFor, type Journal, SERIAL, sendEntry, uidOf } from '../library.ts';
import { openWhole } from '../whole.ts';

const test = suite('what waits to be ingested');

const JOURNAL: Journal = new Map([[uidOf(1), { title: 'a', content: 'drawing' }]]);

/** A service's intake whose waits end when the test says so. */
async function start(env: NodeJS.ProcessEnv) {
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
  const intake = new Intake({ ...context, clock, env, registrations, workQueue });
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
    ...{ library, intake, completion, nextWait, hand, go: () => go() },
    [Symbol.asyncDispose]: end,
  };
}

test('waiting grows from seconds to minutes, but not for a laptop that is still sending', () => {
  const seconds = [1, 2, 3, 9, 50].map((n) => retryDelayMs('program-failed', n) / 1000);
  assert.equal(seconds, [4, 8, 16, 1024, 1800]);
  assert.is(retryDelayMs('busy', 7), 2000);
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
    while (existsSync(claimed(SERIAL))) await sleep(10);
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

test.run();
