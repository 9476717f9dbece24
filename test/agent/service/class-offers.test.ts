/**
 * "Copy to, My class": an entry that is not at school yet is offered after the next backup; none is lost without an
 * error, and none that was taken back is sent.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Job } from '../../../agent/rules/jobs.ts';
import { Agent } from '../../../agent/service/agent.ts';
import { realClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { waitFor } from '../../runner/patience.ts';
import { refused, refusedLater } from '../../shared/refused.ts';
import { makeProfile, type TestProfile } from '../journal/journal.ts';

const test = suite('what is for the class goes there, once it is at school');

const ENTRY = 'a';
const OFFERED = { states: { [ENTRY]: 'offered' }, waiting: [], refused: [] };
const WAITING = { states: {}, waiting: [ENTRY], refused: [] };
const NO_ROOM = { uid: ENTRY, code: 'over-quota', message: 'no room', hint: '' };
const REFUSED = { states: {}, waiting: [], refused: [NO_ROOM] };
const AWAY = { code: 'server-unreachable', message: 'no answer', hint: '' };
const NONE = { code: 'not-found', message: 'nothing is offered', hint: '' };

interface Script {
  /** Answers to offers one after the other; the last one stays. An object with a code is a failure. */
  offers: readonly object[];
  takeBack?: object;
}

/** An agent whose worker answers so; backups are done at once. */
class Scene implements AsyncDisposable {
  readonly profile: TestProfile = makeProfile();
  readonly agent: Agent;
  readonly #log = join(this.profile.paths.own, 'asked');

  constructor({ offers, takeBack = {} }: Script) {
    const { paths } = this.profile;
    const worker = join(paths.own, 'worker.mjs');
    const script = JSON.stringify({ offers, takeBack, log: this.#log });
    writeFileSync(
      worker,
      `import { appendFileSync, readFileSync } from 'node:fs';
       const { offers, takeBack, log } = ${script};
       const answer = (id, value) => process.send(
         value.code ? { id, type: 'failure', failure: value } : { id, type: 'result', result: value });
       process.on('message', ({ id, act }) => {
         appendFileSync(log, act + '\\n');
         const before = readFileSync(log, 'utf8').split('\\n').filter((line) => line === act).length;
         if (act === 'send-offers') answer(id, offers[Math.min(before, offers.length) - 1]);
         if (act === 'take-back') answer(id, takeBack);
         if (act === 'backup') answer(id, { summary: {}, details: {} });
       });`,
    );
    this.agent = new Agent({
      ...{ paths, clock: realClock, log: silentLog, random: () => 0, spreadMs: 0 },
      program: { command: [process.execPath, worker], env: { PATH: process.env.PATH } },
    });
  }

  get asked(): string[] {
    const text = existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
    return text.split('\n').filter((line) => line !== '');
  }

  get notes(): unknown[] {
    return JSON.parse(readFileSync(this.profile.paths.memory, 'utf8')).offerNotes;
  }

  /** The next job of this kind that ends. */
  ended(kind: string): Promise<Job> {
    return new Promise((resolve) => {
      this.agent.on('end', (job) => job.request.kind === kind && resolve(job));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent[Symbol.asyncDispose]();
    this.profile[Symbol.dispose]();
  }
}

test('what is at school as it is now is offered at once, and nothing is noted', async () => {
  await using scene = new Scene({ offers: [OFFERED] });
  assert.is(await scene.agent.offers.offer(ENTRY), 'offered');
  assert.equal(scene.asked, ['send-offers']);
  assert.equal(scene.agent.view.memory.offerNotes, []);
});

test('what is not there yet waits for a backup, which is made, and is offered then', async () => {
  await using scene = new Scene({ offers: [WAITING, OFFERED] });
  const done = scene.ended('offers');
  assert.is(await scene.agent.offers.offer(ENTRY), 'later');
  assert.equal(scene.notes, [{ entry: ENTRY, tried: false }], 'on the disk, for a power cut');
  assert.is((await done).end, 'done');
  assert.equal(scene.asked, ['send-offers', 'backup', 'send-offers']);
  assert.equal(scene.notes, []);
});

test('changed while the backup ran, it gets one more backup, and then waits for the next day', async () => {
  await using scene = new Scene({ offers: [WAITING] });
  await scene.agent.offers.offer(ENTRY);
  const all = ['send-offers', 'backup', 'send-offers', 'backup', 'send-offers'];
  await waitFor('two backups', () => scene.asked.length >= all.length);
  await waitFor('rest', () => scene.agent.view.model.jobs.every(({ end }) => end !== null));
  assert.equal(scene.asked, all);
  const note = { entry: ENTRY, tried: true, asked: true };
  assert.equal(scene.notes, [note], 'nor does the next start of the agent ask for one');
});

test('with an empty battery it waits for power, also over a restart, and goes then', async () => {
  await using scene = new Scene({ offers: [WAITING, OFFERED] });
  scene.agent.start();
  scene.agent.setWorld({ power: { percent: 9 } });
  assert.is(await scene.agent.offers.offer(ENTRY), 'later');
  assert.ok(scene.agent.view.status.reasons.includes('battery'), 'and says for what it waits');
  const { requests } = scene.agent.view.memory;
  assert.equal(
    requests.map(({ kind, byHand }) => [kind, byHand]),
    [['backup', true]],
  );
  const done = scene.ended('offers');
  scene.agent.setWorld({ power: 'mains' });
  assert.is((await done).end, 'done');
  assert.equal(scene.asked, ['send-offers', 'backup', 'send-offers']);
});

test('away from school it is noted, survives the agent, and is sent when the school is near', async () => {
  await using scene = new Scene({ offers: [AWAY] });
  scene.agent.setWorld({ network: 'down' });
  assert.is(await scene.agent.offers.offer(ENTRY), 'later');
  assert.equal(scene.notes, [{ entry: ENTRY, tried: true }]);
  assert.equal(scene.asked, ['send-offers'], 'no backup is tried without a network');
  await scene.agent[Symbol.asyncDispose]();
  await using next = new Scene({ offers: [OFFERED] });
  writeFileSync(next.profile.paths.memory, readFileSync(scene.profile.paths.memory));
  const { paths } = next.profile;
  const program = { command: [process.execPath, join(paths.own, 'worker.mjs')], env: {} };
  await using agent = new Agent({
    ...{ paths, clock: realClock, log: silentLog, random: () => 0, spreadMs: 0, program },
  });
  const done = new Promise<Job>((resolve) => {
    agent.on('end', (job) => job.request.kind === 'offers' && resolve(job));
  });
  agent.start();
  assert.is((await done).end, 'done');
  assert.equal(agent.view.memory.offerNotes, []);
});

test('what is refused is said at once; what was noted and is refused then fails, and its note goes', async () => {
  await using scene = new Scene({ offers: [REFUSED] });
  await refusedLater(scene.agent.offers.offer(ENTRY), 'over-quota');
  assert.equal(scene.agent.view.memory.offerNotes, []);
  await using noted = new Scene({ offers: [WAITING, REFUSED] });
  const ended = noted.ended('offers');
  await noted.agent.offers.offer(ENTRY);
  const { end, problem } = await ended;
  assert.equal([end, problem?.code, noted.notes], ['failed', 'over-quota', []]);
  refused(() => noted.agent.retry(), 'not-found', /nothing failed/);
});

test('taken back before it was sent, it is not sent, and the school gives up older versions of it', async () => {
  await using scene = new Scene({ offers: [WAITING, OFFERED], takeBack: NONE });
  scene.agent.pause(true);
  assert.is(await scene.agent.offers.offer(ENTRY), 'later');
  await scene.agent.offers.takeBack(ENTRY);
  assert.equal(scene.notes, []);
  const backup = scene.ended('backup');
  scene.agent.pause(false);
  await backup;
  await waitFor('rest', () => scene.agent.view.model.jobs.every(({ end }) => end !== null));
  assert.equal(scene.asked, ['send-offers', 'take-back', 'backup']);
  await using away = new Scene({ offers: [WAITING], takeBack: AWAY });
  away.agent.pause(true);
  await away.agent.offers.offer(ENTRY);
  await refusedLater(away.agent.offers.takeBack(ENTRY), 'server-unreachable');
  assert.equal(away.notes, []);
});

test('who is told "no" has no note of it left', async () => {
  await using scene = new Scene({ offers: [WAITING, REFUSED] });
  scene.agent.pause(true);
  await scene.agent.offers.offer(ENTRY);
  await refusedLater(scene.agent.offers.offer(ENTRY), 'over-quota');
  assert.equal(scene.notes, []);
});

test('what the school cannot take now stays noted, and its job waits', async () => {
  const full = { code: 'server-full', message: 'no room', hint: '' };
  await using scene = new Scene({ offers: [WAITING, full] });
  await scene.agent.offers.offer(ENTRY);
  const job = await waitFor('a job that waits', () =>
    scene.agent.view.model.jobs.find(({ request, wait }) => request.kind === 'offers' && wait),
  );
  assert.equal([job.end, job.wait?.reason], [null, 'server-full']);
  assert.equal(scene.notes, [{ entry: ENTRY, tried: true }]);
});

test('what may have reached the school is taken back there, and a school that is away is told of', async () => {
  await using scene = new Scene({ offers: [AWAY], takeBack: AWAY });
  scene.agent.setWorld({ network: 'down' });
  await scene.agent.offers.offer(ENTRY);
  await refusedLater(scene.agent.offers.takeBack(ENTRY), 'server-unreachable');
  assert.equal(scene.notes, [], 'it is not sent any more');
  await using there = new Scene({ offers: [AWAY], takeBack: NONE });
  there.agent.setWorld({ network: 'down' });
  await there.agent.offers.offer(ENTRY);
  await there.agent.offers.takeBack(ENTRY);
  assert.equal(there.asked, ['send-offers', 'take-back'], 'it had not arrived');
});

test('without a note it is what the school has that is taken back', async () => {
  await using scene = new Scene({ offers: [OFFERED], takeBack: NONE });
  await refusedLater(scene.agent.offers.takeBack(ENTRY), 'not-found');
  assert.equal(scene.asked, ['take-back']);
});

test.run();
