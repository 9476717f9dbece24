// weight: 75
/**
 * Keeping content at school and fetching it back while everything goes wrong: the server dies,
 * the line breaks, the disk is full, the child works on the entry, the agent is killed.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type dbus from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { waitFor } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../../xs/check.ts';
import type { Laptop } from '../laptop.ts';
import { begin, descendantNamed, isStopped, type Run, stopped, waitsForOthers } from '../mortal.ts';
import { RunningAgent } from '../running-agent.ts';
import { type School, startSchool } from '../school.ts';
import {
  inEntry,
  ok,
  pinsOf,
  prepare,
  refused,
  sameContent,
  sizeOf,
  titleOf,
} from './kept-journal.ts';

const test = suite('keep and fetch back in hard times');

/** Scenes that leave the server as it is share one; each has a laptop of its own. */
let school: School;

test.before(async () => {
  school = await startSchool({ laptops: 0 });
});

test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

/** As an activity does it: the entry's own properties, and another content. */
async function writeAnew(laptop: Laptop, uid: string, text: string): Promise<void> {
  const file = join(laptop.home, 'activity-file');
  writeFileSync(file, text);
  const properties = (await laptop.datastore('get_properties', uid)) as Record<string, unknown>;
  await laptop.datastore('update', uid, properties, file, true);
}

/** The number of a run's child as soon as there is one of that name. */
async function firstSight({ pid, running }: Run, name: string): Promise<number> {
  while (running()) {
    const found = descendantNamed(pid, name);
    if (found !== undefined) return found;
    await sleep(2);
  }
  throw new Error(`the run ended without a ${name}`);
}

/** The agent's worker, when it stands still at its failpoint. */
function stoppedWorker({ daemon }: RunningAgent): number | undefined {
  const worker = descendantNamed(daemon.pid, 'node');
  if (worker === undefined) return undefined;
  return isStopped(worker) ? worker : undefined;
}

/** In the suite one of them: `xs/kill` goes through all in the library. */
const DEATHS = soak(['pin.sealed', 'pin.durable', 'pin.linked', 'pin.placed'], ['pin.durable']);
for (const point of DEATHS) {
  test(`the server dies at ${point}: nothing is dropped, and the next try does it`, async () => {
    await using school = await startSchool();
    const { laptop, before, full } = await prepare(school);
    const [uid = ''] = full;
    await school.server.daemon.stop();
    await school.server.start(point);
    assert.is.not((await laptop.backup(['keep', uid])).exitCode, 0);
    assert.not(school.server.daemon.running(), 'it did die there');
    sameContent(laptop, before);
    await school.server.start();
    await ok(laptop, 'keep', uid);
    assert.is(sizeOf(laptop, uid), 0);
    await ok(laptop, 'fetch', uid);
    sameContent(laptop, before);
    assert.equal(pinsOf(school, laptop), [], 'the pin of the first try was known for its own');
    checkSnapshots(school.server, parseSerial(laptop.serial));
  });
}

test('the transfer dies while the content comes; the server is away when the pin is to end', async () => {
  await using school = await startSchool();
  const { laptop, full } = await prepare(school);
  const [uid = ''] = full;
  const text = randomBytes(4_000_000).toString('hex');
  await writeAnew(laptop, uid, text);
  await ok(laptop, 'keep', uid);
  const run = begin(laptop, ['fetch', uid]);
  process.kill(await firstSight(run, 'rsync'), 'SIGKILL');
  const broken = await run.ended;
  assert.is.not(broken.exitCode, 0, broken.stderr);
  assert.match(broken.stderr, /error: /);
  assert.is(sizeOf(laptop, uid), 0);
  assert.match(await ok(laptop, 'kept'), /^1 entr/m);

  const again = begin(laptop, ['fetch', uid], 'fetch.filled,stop');
  await stopped(again);
  await school.server.daemon.stop();
  process.kill(again.pid, 'SIGCONT');
  const done = await again.ended;
  assert.is(done.exitCode, 0, 'the content is here');
  assert.match(done.stderr, /still pinned at school/);
  assert.is(readFileSync(inEntry(laptop, uid, 'data'), 'utf8'), text);
  await school.server.start();
  assert.equal(pinsOf(school, laptop), [uid]);
  await ok(laptop, 'fetch', uid);
  assert.equal(pinsOf(school, laptop), [], 'what was left to do is done');
});

test('the child works on an entry that is being kept: her work stays', async () => {
  await using own = school.newLaptop();
  const { laptop, full } = await prepare(school, own);
  for (const [n, point] of ['keep.pinned', 'keep.marked'].entries()) {
    const uid = full[n] ?? '';
    const title = titleOf(laptop, uid);
    const run = begin(laptop, ['keep', uid], `${point},stop`);
    await stopped(run);
    await writeAnew(laptop, uid, 'just painted');
    process.kill(run.pid, 'SIGCONT');
    const done = await run.ended;
    assert.is.not(done.exitCode, 0, point);
    assert.match(done.stderr, /being worked on/, point);
    assert.is(readFileSync(inEntry(laptop, uid, 'data'), 'utf8'), 'just painted');
    assert.is(titleOf(laptop, uid), title);
    assert.not(existsSync(inEntry(laptop, uid, 'metadata/ds-backup-kept')), 'no mark is left');
    assert.equal(pinsOf(school, laptop), [], `${point}: nor a pin`);
    await ok(laptop, 'keep', uid);
    await ok(laptop, 'fetch', uid);
    assert.is(readFileSync(inEntry(laptop, uid, 'data'), 'utf8'), 'just painted');
  }
});

/** Another text for each: of equal contents the optimizer takes one away for a moment, to link it to the other. */
const painted = (uid: string): string => `just painted ${uid}`;

/** Her save waits while the datastore is busy (here: stands still); what we ask of it comes after. */
async function saveInQueue(laptop: Laptop, uid: string, run: Run): Promise<void> {
  const datastore = (await laptop.datastorePid()) ?? -1;
  const file = join(laptop.home, 'activity-file');
  writeFileSync(file, painted(uid));
  const properties = (await laptop.datastore('get_properties', uid)) as Record<string, unknown>;
  process.kill(datastore, 'SIGSTOP');
  try {
    let saved = Promise.resolve();
    await new Promise<void>((queued) => {
      saved = laptop.save(uid, properties, file, queued);
    });
    process.kill(run.pid, 'SIGCONT');
    await waitsForOthers(run); // our last look at the disk was before
    process.kill(datastore, 'SIGCONT');
    await saved;
  } finally {
    process.kill(datastore, 'SIGCONT');
  }
}

test('a save that waits in the queue of a busy datastore is not written over', async () => {
  await using own = school.newLaptop();
  const { laptop, before, full } = await prepare(school, own);
  const [kept = '', fetched = ''] = full;
  const keep = begin(laptop, ['keep', kept], 'keep.marked,stop');
  await stopped(keep);
  await saveInQueue(laptop, kept, keep);
  const notKept = await keep.ended;
  assert.match(notKept.stderr, /being worked on/);
  assert.is(readFileSync(inEntry(laptop, kept, 'data'), 'utf8'), painted(kept));
  assert.not(existsSync(inEntry(laptop, kept, 'metadata/ds-backup-kept')), 'no mark is left');
  assert.equal(pinsOf(school, laptop), [], 'nor a pin');

  await ok(laptop, 'keep', fetched);
  const fetch = begin(laptop, ['fetch', fetched], 'fetch.fetched,stop');
  await stopped(fetch);
  await saveInQueue(laptop, fetched, fetch);
  const notFetched = await fetch.ended;
  assert.match(notFetched.stderr, /being worked on/);
  assert.is(readFileSync(inEntry(laptop, fetched, 'data'), 'utf8'), painted(fetched));
  assert.equal(pinsOf(school, laptop), [fetched], 'the other content stays at school');
  assert.is(await laptop.countEntries(), before.size);
});

test('something else was written into an entry whose content is away: neither is lost', async () => {
  await using own = school.newLaptop();
  const { laptop, before, full } = await prepare(school, own);
  const [uid = ''] = full;
  const was = readFileSync(inEntry(laptop, uid, 'data'));
  await ok(laptop, 'keep', uid);
  await writeAnew(laptop, uid, 'begun anew');
  await refused(laptop, /something else was written.*\n.*as a copy beside/, 'fetch', uid);
  assert.is(readFileSync(inEntry(laptop, uid, 'data'), 'utf8'), 'begun anew');
  assert.equal(pinsOf(school, laptop), [uid]);
  await ok(laptop, 'restore', 'latest', '--entry', uid);
  const now = await laptop.countEntries();
  assert.is(now, before.size + 1, 'the older one is beside it');
  const { stdout } = await laptop.run('sh', ['-c', `ls ${laptop.journal}/*/*/data`]);
  const paths = stdout.trim().split('\n');
  assert.ok(paths.some((path) => readFileSync(path).equals(was)));
});

test('over the bus: a killed agent goes on with what it was asked for', async () => {
  await using own = school.newLaptop();
  const { laptop, before, full } = await prepare(school, own);
  const [uid = ''] = full;
  laptop.configure('spreadSeconds = 0\n');
  for (const [method, point, away] of [
    ['KeepAtSchool', 'keep.dropped', true],
    ['FetchBack', 'fetch.filled', false],
  ] as const) {
    laptop.env.DS_BACKUP_FAILPOINT = `${point},stop`;
    {
      await using agent = await RunningAgent.start(laptop);
      await agent.ask(method, 's', [uid]);
      const worker = await waitFor(`what ${method} does`, () => stoppedWorker(agent));
      for (const pid of [agent.daemon.pid, worker]) process.kill(pid, 'SIGKILL');
      await waitFor('its end', () => !agent.daemon.running());
    }
    delete laptop.env.DS_BACKUP_FAILPOINT;
    await using agent = await RunningAgent.start(laptop);
    const { Jobs } = await agent.until('the job again', ({ Jobs: jobs }) => {
      return Array.isArray(jobs) && jobs.length > 0;
    });
    const [job] = Jobs as string[];
    const ended = await agent.ended(job);
    assert.equal([ended.State, ended.Entry], ['done', uid], JSON.stringify(ended.Problem));
    const listed = (await agent.ask('ListAtSchool')) as { uid: dbus.Variant }[];
    assert.equal(
      listed.map((one) => one.uid.value),
      away ? [uid] : [],
    );
    if (!away) continue;
    const unpin = await agent.ask('Unpin', 's', [uid]).catch((error: dbus.DBusError) => error.type);
    assert.is(unpin, 'org.sugarlabs.Backup1.Error.OnlyCopy');
  }
  sameContent(laptop, before);
});

test.run();
