import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDigest } from '../../../shared/ids.ts';
import { SLICE_MS } from '../../../shared/system/pacemaker.ts';
import { FairTurns } from '../../../xs/ingest/fair-turns.ts';
import { paceOf, RUN_BUDGET } from '../../../xs/ingest/pace.ts';
import { SentFiles } from '../../../xs/ingest/sent.ts';
import { WorkQueue } from '../../../xs/storage/work-queue.ts';
import { readsOf } from './reads.ts';

const test = suite('how an ingest goes about its work');

test('who has the queue waits for nobody who reads: all others wait for the queue', async () => {
  const turns = new FairTurns();
  const workQueue = new WorkQueue();
  const { signal } = new AbortController();
  let readOn = () => {};
  const reading = new Promise<void>((resolve) => {
    readOn = resolve;
  });
  let reader: Promise<void> | undefined;
  const writer = turns.run('writer', async (turn) => {
    const pace = paceOf(workQueue, turn, RUN_BUDGET, signal);
    // Somebody who has used nothing yet reads for as long as it likes.
    reader = turns.run('reader', () => reading);
    const order: string[] = [];
    await Promise.race([
      pace.inQueue(async () => void order.push('changed')),
      workQueue.run(() => void order.push('and the next')),
    ]);
    await workQueue.idle();
    assert.equal(order, ['changed', 'and the next']);
    readOn();
  });
  await writer;
  await reader;
});

test('who has used far less waits for one piece only, however long a turn may be', async () => {
  let now = 0;
  const turns = new FairTurns(() => now);
  const { signal } = new AbortController();
  const endless = { ...RUN_BUDGET, turnMs: Number.MAX_VALUE, turnBytes: Number.MAX_VALUE };
  const order: string[] = [];
  await turns.run('hostile', async (turn) => {
    const { rest } = paceOf(new WorkQueue(), turn, endless, signal);
    now += 1000;
    const victim = turns.run('victim', async () => void order.push('victim'));
    for (let n = 0; n < 2; n += 1) {
      await sleep(SLICE_MS * 2);
      await rest();
    }
    order.push('hostile');
    await victim;
  });
  assert.equal(order, ['victim', 'hostile']);
});

test('two who have used about the same do not hand the turn to and fro', async () => {
  let now = 0;
  const turns = new FairTurns(() => now);
  await turns.run('one', async (turn) => {
    now += 5;
    const other = turns.run('other', async () => {});
    assert.not(turn.isWanted());
    now += 10;
    assert.ok(turn.isWanted());
    await turn.pass();
    await other;
  });
});

test('metadata with another digest are read once, however often they are asked for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-pace-'));
  try {
    const path = join(folder, 'x.metadata');
    writeFileSync(path, Buffer.alloc(1 << 20));
    const files = new SentFiles();
    const other = parseDigest('1'.repeat(64));
    const ask = () => assert.is(files.metadata(path, other), undefined);
    assert.ok(readsOf(ask) >= 1 << 20);
    assert.ok(readsOf(ask) < 1 << 19, 'from memory');
    writeFileSync(path, Buffer.alloc(1 << 20, 1));
    assert.ok(readsOf(ask) >= 1 << 20, 'it is another file now');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
