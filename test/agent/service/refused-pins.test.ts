import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Job } from '../../../agent/rules/jobs.ts';
import { Agent } from '../../../agent/service/agent.ts';
import { refusalToTell, withNotes } from '../../../agent/service/pins.ts';
import { realClock } from '../../../shared/clock.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { silentLog } from '../../../shared/log.ts';
import { refusedLater } from '../../shared/refused.ts';
import { makeProfile, type TestProfile, uidOf } from '../journal/journal.ts';

const test = suite('no pin is lost without an error');

const FULL = { code: 'over-quota' as const, message: 'the jar is full', hint: 'unpin something' };
const GONE = { code: 'not-found' as const, message: 'no such pin', hint: '' };

/** An agent whose worker answers so to pins, and does nothing else. */
function makeAgent({ paths }: TestProfile, answer: readonly object[], only = false): Agent {
  const worker = join(paths.own, 'worker.mjs');
  writeFileSync(
    worker,
    `process.on('message', ({ id, act }) => {
       if (act === 'check-unpin' && ${only}) {
         const failure = { code: 'only-copy', message: 'it is only at school', hint: '' };
         process.send({ id, type: 'failure', failure });
       } else if (act === 'check-unpin') process.send({ id, type: 'result' });
       if (act === 'send-pins') process.send({ id, type: 'result', result: ${JSON.stringify(answer)} });
     });`,
  );
  return new Agent({
    ...{ paths, clock: realClock, log: silentLog, random: () => 0, spreadMs: 0 },
    program: { command: [process.execPath, worker], env: { PATH: process.env.PATH } },
  });
}

const endOf = (agent: Agent, kind: string) =>
  new Promise<Job>((resolve) => {
    agent.on('end', (job) => job.request.kind === kind && resolve(job));
  });

/** Pins without a network, which comes afterwards; how the job ended that sent the pin. */
async function pinLater(agent: Agent): Promise<Job> {
  agent.setWorld({ network: 'down' });
  agent.start();
  const ended = endOf(agent, 'pins');
  assert.is(await agent.pin({ uid: 'a', snapshot: '' }), 'later');
  agent.setWorld({ network: 'up' });
  return await ended;
}

test('one that was noted and is then refused is told of, and its note goes', async () => {
  using profile = makeProfile();
  await using agent = makeAgent(profile, [{ uid: 'a', ...FULL }]);
  const { end, problem } = await pinLater(agent);
  assert.equal([end, problem, agent.view.memory.pinNotes], ['failed', FULL, []]);
  const { memory } = profile.paths;
  assert.ok(
    existsSync(memory) && !readFileSync(memory, 'utf8').includes('"uid"'),
    'on the disk too',
  );
});

test('those that were taken end well', async () => {
  using profile = makeProfile();
  await using agent = makeAgent(profile, []);
  const { end, problem } = await pinLater(agent);
  assert.equal([end, problem, agent.view.memory.pinNotes], ['done', null, []]);
});

test('what only the school has is not unpinned: said at once, also without the school', async () => {
  using profile = makeProfile();
  await using agent = makeAgent(profile, [], true);
  agent.setWorld({ network: 'down' });
  agent.start();
  await refusedLater(agent.pin({ uid: 'a', snapshot: null }), 'only-copy');
  assert.equal(agent.view.memory.pinNotes, []);
  assert.is(await agent.pin({ uid: 'a', snapshot: '' }), 'later', 'pinning it is another matter');
});

test('a pin that is noted and is at school already is listed once', () => {
  const pin = {
    uid: uidOf(1),
    digest: digestOf('a'),
    bytes: 1,
    snapshot: 's1',
    pinned: 5,
    title: 'A',
  };
  const notes = [
    { uid: uidOf(1), snapshot: 's1' },
    { uid: uidOf(1), snapshot: 's2' },
    { uid: uidOf(2), snapshot: 's1' },
  ];
  assert.equal(
    withNotes([pin], notes).map(({ uid, snapshot, later }) => [uid, snapshot, later]),
    [
      [uidOf(1), 's1', false],
      [uidOf(1), 's2', true],
      [uidOf(2), 's1', true],
    ],
    'another version of it is another pin',
  );
});

test('an unpin of what is no pin any more is nothing to tell, a pin of what is gone is', () => {
  const notes = [
    { uid: 'unpin', snapshot: null },
    { uid: 'pin', snapshot: '' },
  ];
  const unpin = { uid: 'unpin', ...GONE };
  const pin = { uid: 'pin', ...GONE };
  assert.is(refusalToTell([unpin], notes), undefined);
  assert.is(refusalToTell([unpin, pin], notes), pin);
  assert.ok(refusalToTell([{ ...unpin, code: 'only-copy' }], notes), 'it is still pinned');
});

test.run();
