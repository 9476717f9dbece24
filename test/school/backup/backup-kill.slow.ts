// weight: 90
/**
 * Kills -9 at moments chosen by chance, of backups and of their rsync and ssh, and of the agent and its
 * worker: every backup gets there in the end, what has arrived is not sent again, and no snapshot
 * has an entry that is torn, doubled or lost.
 */
import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { openWire } from '../../bench/wire.ts';
import { compareJournals, type JournalSums, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { seededRandom } from '../../journal/random.ts';
import { scaled } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../../xs/check.ts';
import type { Laptop } from '../laptop.ts';
import { kill, runUntil, type Victim } from '../mortal.ts';
import { RunningAgent } from '../running-agent.ts';
import { type School, startSchool } from '../school.ts';
import { settled } from '../settled.ts';

const test = suite('a backup that is killed again and again');

const KILLS = soak(160, 9);
const AGENT_KILLS = soak(40, 3);
const KILLS_A_BACKUP = soak(8, 4);
const EDITED = 40;
/** Of all data, at most so much goes over the line, what is sent twice and handshakes included. */
const MAX_SENT = 1.1;
/** What a run costs besides entries: handshakes, questions, lists of files. */
const RUN_BYTES = 30_000;

/** The sizes of all files that are new or other than before, in bytes. */
function freshFiles(journal: string, before: JournalSums, after: JournalSums): number[] {
  return [...after].flatMap(([uid, files]) =>
    [...files]
      .filter(([file, sum]) => before.get(uid)?.get(file) !== sum)
      .map(([file]) => lstatSync(join(journal, uid.slice(0, 2), uid, file)).size),
  );
}

async function ok(laptop: Laptop, ...args: string[]): Promise<void> {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
}

const serialOf = (laptop: Laptop) => parseSerial(laptop.serial);

/** The newest snapshot, exported by the server, is the Journal of the laptop, file by file. */
async function judge(what: string, school: School, laptop: Laptop): Promise<void> {
  const [newest] = listSnapshots(school.server, serialOf(laptop));
  const args = ['--config', school.server.configFile, 'export'];
  const [program = '', ...first] = [...school.server.command, ...args];
  // The service's user may write only where it lives.
  const target = join(school.server.library, '..', 'exported');
  const words = [...first, laptop.serial, newest?.name ?? '', target];
  const done = await laptop.run(program, words);
  assert.is(done.exitCode, 0, `${what}: ${done.stderr}`);
  const { different, missing, extra } = compareJournals(
    readJournal(laptop.journal),
    readJournal(target),
  );
  assert.equal([different, missing, extra], [[], [], []], what);
  rmSync(target, { recursive: true });
}

test(`${KILLS} kills of the program, of rsync and of ssh`, async () => {
  await using wire = openWire();
  await using school = await startSchool({ laptops: 2, server: { wire } });
  // The twin has the same Journal, and nobody kills its backups.
  const [laptop, twin] = [school.laptop(0), school.laptop(1)];
  const sentBy = async (act: () => Promise<void>) => {
    const before = (await wire.counts()).toServer;
    await act();
    return (await wire.counts()).toServer - before;
  };
  const change = async (count: number, seed: number) => {
    for (const { journal } of [laptop, twin]) changeJournal(journal, { count, seed });
    await settled();
  };
  for (const { journal } of [laptop, twin]) generateJournal(journal, { entries: 120, seed: 31 });
  await ok(laptop, 'now');
  await ok(twin, 'now');
  await change(EDITED, 1000);
  await ok(laptop, 'now');
  await ok(twin, 'now');
  await change(EDITED, 1001);
  const start = performance.now();
  await ok(twin, 'now');
  const wholeMs = performance.now() - start;
  await ok(laptop, 'now');
  const total = { kills: 0, backups: 0, data: 0, sent: 0, sentByTwin: 0 };
  let largest = 0;
  for (let round = 0; total.kills < KILLS && round < KILLS; round += 1) {
    const before = readJournal(laptop.journal);
    await change(EDITED, round);
    const fresh = freshFiles(laptop.journal, before, readJournal(laptop.journal));
    total.data += fresh.reduce((sum, bytes) => sum + bytes, 0);
    largest = Math.max(largest, ...fresh);
    total.sentByTwin += await sentBy(() => ok(twin, 'now'));
    total.sent += await sentBy(async () => {
      total.kills += await killBackups(laptop, round, wholeMs);
      await ok(laptop, 'now', '--wait');
    });
    await judge(`round ${round}`, school, laptop);
    total.backups += 1;
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  process.stderr.write(`${JSON.stringify({ ...total, largest, seconds })}\n`);
  assert.ok(total.kills >= KILLS);
  assert.ok(total.sent <= MAX_SENT * total.data);
  const again = (total.sent - total.sentByTwin) / total.kills;
  assert.ok(again <= largest + RUN_BYTES, `${again} bytes again for each kill`);
  const all = checkSnapshots(school.server, serialOf(laptop));
  assert.ok(all.size >= total.backups, 'every snapshot there ever was is whole');
});

/** Starts a backup and kills it, until it gets through before its time; how often it was killed. */
async function killBackups(laptop: Laptop, round: number, wholeMs: number): Promise<number> {
  const random = seededRandom(`backup kill ${round}`);
  const victims: readonly Victim[] = ['program', 'program', 'rsync', 'ssh'];
  let kills = 0;
  for (let attempt = 0; attempt < KILLS_A_BACKUP; attempt += 1) {
    const after = wholeMs * (0.15 + 0.7 * random.unit());
    const victim = victims[(round + attempt) % victims.length] ?? 'program';
    const death = await runUntil(laptop, ['now'], victim, after);
    if (death.killed) kills += 1;
    else if (death.exitCode === 0) break;
  }
  return kills;
}

test(`${AGENT_KILLS} kills of the agent and of its worker`, async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  laptop.configure('spreadSeconds = 0\n');
  generateJournal(laptop.journal, { entries: 60, seed: 32 });
  const victims: readonly Victim[] = ['program', 'node', 'rsync'];
  let kills = 0;
  for (let round = 0; kills < AGENT_KILLS && round < 3 * AGENT_KILLS; round += 1) {
    const random = seededRandom(`agent kill ${round}`);
    if (round > 0) changeJournal(laptop.journal, { count: 10, seed: round });
    await settled();
    const agent = await RunningAgent.start(laptop);
    try {
      void agent.ask('BackUpNow').catch(() => {}); // its death is the point
      await sleep(scaled(1200) * random.unit());
      const victim = victims[kills % victims.length] ?? 'program';
      if (kill(agent.daemon.pid, victim)) kills += 1;
      if (victim === 'program') await agent.daemon.ended;
    } finally {
      await agent[Symbol.asyncDispose]();
    }
    // Another one goes on; what it finds under way may still be dying.
    await using next = await RunningAgent.start(laptop);
    const job = await next.ask('BackUpNow');
    const { State, Problem } = await next.ended(job);
    assert.is(State, 'done', `round ${round}: ${Problem}`);
    await judge(`round ${round}`, school, laptop);
  }
  process.stderr.write(`${kills} kills\n`);
  assert.ok(kills >= AGENT_KILLS, `${kills} kills`);
  checkSnapshots(school.server, serialOf(laptop));
});

test.run();
