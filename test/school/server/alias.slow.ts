// weight: 55
/**
 * A child's laptop breaks and she gets another: what the teacher says at the server lets the
 * new one read what the old one left, over the API and by rsync, with its own key and nobody else's.
 */
import { type StdioOptions, spawn } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { parseReadableLaptops, parseSnapshots } from '../../../shared/protocol/messages.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { soak } from '../../soak.ts';
import type { Laptop } from '../laptop.ts';
import { RunningAgent } from '../running-agent.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';

const test = suite("a new laptop takes an old one's place, in a real school");

const byRoot = testIf(runsAsRoot, test, 'a server run by root needs tests run by root');
const BOTH = [
  ['root', byRoot],
  ['ordinary', test],
] as const;
/** All other tests here have a service that is not root's. */
const MODES = soak<readonly (typeof BOTH)[number][]>(BOTH, runsAsRoot ? [BOTH[0]] : BOTH);

async function backUp(laptop: Laptop, seed: number): Promise<void> {
  generateJournal(laptop.journal, { entries: 5, seed });
  const done = await laptop.backup(['now']);
  assert.is(done.exitCode, 0, done.stderr);
}

async function xs(school: School, ...args: string[]): Promise<string> {
  const [command = '', ...rest] = school.server.command;
  const all = [...rest, ...args, '--config', school.server.configFile];
  const done = await school.laptop(0).run(command, all);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** ssh with a laptop's own key: what `rsync -e` takes. */
function ssh(school: School, laptop: Laptop): string {
  const key = join(laptop.profile, 'ds-backup', 'key');
  const options = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${laptop.home}/hosts`];
  const more = ['LogLevel=ERROR', 'IdentitiesOnly=yes', 'BatchMode=yes'];
  const given = [...options, ...more].map((one) => `-o ${one}`).join(' ');
  return `ssh -F /dev/null ${given} -i ${key} -p ${school.server.sshPort} -l ds-receive`;
}

/** One request over the control channel. */
async function ask(school: School, laptop: Laptop, path: string) {
  const [program = '', ...args] = ssh(school, laptop).split(' ');
  const stdio: StdioOptions = ['pipe', 'pipe', 'inherit'];
  const child = spawn(program, [...args, '127.0.0.1', 'api'], { env: laptop.env, stdio });
  // Its input stays open until the answer is here: the server ends the connection.
  child.stdin?.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const stdout = await text(child.stdout ?? Readable.from([]));
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(stdout)?.[1] ?? 0);
  return { status, body: stdout.slice(stdout.indexOf('\r\n\r\n') + 4) };
}

/** Fetches one entry of another laptop's snapshot. */
async function fetchEntry(school: School, laptop: Laptop, from: string, uid: string) {
  const target = join(laptop.home, `fetched-${readdirSync(laptop.home).length}`);
  mkdirSync(target);
  const list = join(laptop.home, 'list');
  writeFileSync(list, `${uid}.metadata\0`);
  const args = ['-tz', `--files-from=${list}`, '--from0', '-e', ssh(school, laptop)];
  const done = await laptop.run('rsync', [...args, `127.0.0.1:${from}`, `${target}/`]);
  return { ...done, files: readdirSync(target), target };
}

for (const [as, test] of MODES) {
  test(`${as}: it reads what the old one left; a third laptop does not, nor it itself afterwards`, async () => {
    await using school = await startSchool({ laptops: 3, server: { as } });
    const [old, fresh, third] = school.laptops as [Laptop, Laptop, Laptop];
    await backUp(old, 1);
    await backUp(fresh, 2);
    await backUp(third, 3);
    const [uid = ''] = readJournal(old.journal).keys();
    const name = newestSnapshot(school.server, parseSerial(old.serial))?.name ?? '';
    const from = `laptops/${old.serial}/snapshots/${name}/`;
    const list = `/v1/snapshots?of=${old.serial}`;

    const before = await fetchEntry(school, fresh, from, uid);
    assert.equal([before.exitCode, before.files], [12, []], 'before the teacher said so');
    assert.is((await ask(school, fresh, list)).status, 404);

    assert.match(await xs(school, 'alias', fresh.serial, old.serial), 'replaces');
    const got = await fetchEntry(school, fresh, from, uid);
    assert.equal([got.exitCode, got.files], [0, [`${uid}.metadata`]], got.stderr);
    assert.ok(lstatSync(join(got.target, `${uid}.metadata`)).size > 0);
    const answer = await ask(school, fresh, list);
    assert.equal(
      parseSnapshots(answer.body).snapshots.map((one) => one.name),
      [name],
    );
    const laptops = parseReadableLaptops((await ask(school, fresh, '/v1/laptops')).body).laptops;
    assert.equal(
      laptops.map(({ serial }) => serial),
      [fresh.serial, old.serial],
    );

    for (const stranger of [third]) {
      const refused = await fetchEntry(school, stranger, from, uid);
      assert.equal([refused.exitCode, refused.files], [12, []]);
      assert.match(refused.stderr, /there is no such snapshot/);
      assert.is((await ask(school, stranger, list)).status, 404);
    }
    const write = await fresh.run('rsync', [
      ...['-tz', '-e', ssh(school, fresh), join(got.target, `${uid}.metadata`)],
      `127.0.0.1:${from}`,
    ]);
    assert.is.not(write.exitCode, 0, 'read-only');

    await school.server.daemon.stop();
    await school.server.start();
    assert.is((await fetchEntry(school, fresh, from, uid)).exitCode, 0, 'after a restart');

    await xs(school, 'unalias', fresh.serial);
    const after = await fetchEntry(school, fresh, from, uid);
    assert.equal([after.exitCode, after.files], [12, []], 'after it is undone');
    assert.is((await ask(school, fresh, list)).status, 404);
  });
}

test('all of the old laptop comes to the new one, also when that is killed on the way; one entry too', async () => {
  await using school = await startSchool({ laptops: 3 });
  const [old, fresh, third] = school.laptops as [Laptop, Laptop, Laptop];
  generateJournal(old.journal, { entries: 30, seed: 6 });
  assert.is((await old.backup(['now'])).exitCode, 0);
  const before = readJournal(old.journal);
  await backUp(fresh, 7);
  await backUp(third, 8);
  const own = readJournal(fresh.journal);
  await xs(school, 'alias', fresh.serial, old.serial);
  for (const laptop of [fresh, third]) await laptop.startBus();

  const args = ['restore', 'latest', '--of', old.serial];
  const stranger = await third.backup(args);
  assert.is(stranger.exitCode, 1);
  assert.match(stranger.stderr, /not-found|server-refused|there is no/, stranger.stderr);
  assert.equal(readJournal(third.journal).size, 5, 'and nothing came');

  const killed = await fresh.backup(args, { failpoint: 'restore.placed:9' });
  assert.is(killed.signal, 'SIGKILL', killed.stderr);
  const { Unfinished } = JSON.parse((await fresh.backup(['status', '--json'])).stdout);
  assert.equal(
    Unfinished.map(([of]: [string]) => of),
    [old.serial],
  );
  const done = await fresh.backup(args);
  assert.is(done.exitCode, 0, done.stderr);
  const result = compareJournals(new Map([...before, ...own]), readJournal(fresh.journal));
  assert.equal(
    [result.identical, result.different, result.missing, result.extra],
    [35, [], [], []],
  );
  assert.is(await fresh.countEntries(), 35, 'Sugar shows them all');

  const [uid = ''] = before.keys();
  await fresh.datastore('delete', uid);
  const one = await fresh.backup([...args, '--entry', uid]);
  assert.is(one.exitCode, 0, one.stderr);
  assert.ok(readJournal(fresh.journal).has(uid));
  // The next backup is the new laptop's own, with everything in it.
  assert.match((await fresh.backup(['now'])).stdout, /35 entries/);
});

test('over the bus too: one entry, all of it, also after a death; not for a stranger', async () => {
  await using school = await startSchool({ laptops: 3 });
  const [old, fresh, third] = school.laptops as [Laptop, Laptop, Laptop];
  generateJournal(old.journal, { entries: 30, seed: 9 });
  assert.is((await old.backup(['now'])).exitCode, 0);
  const before = readJournal(old.journal);
  const name = newestSnapshot(school.server, parseSerial(old.serial))?.name ?? '';
  await backUp(fresh, 10);
  await backUp(third, 11);
  await xs(school, 'alias', fresh.serial, old.serial);
  for (const laptop of [fresh, third]) laptop.configure('spreadSeconds = 0\n');
  const [uid = ''] = before.keys();
  {
    await using agent = await RunningAgent.start(third);
    for (const of of [old.serial, 'ZZZ00000000']) {
      const job = await agent.ended(await agent.ask('RestoreEntry', 'sss', [of, name, uid]));
      assert.equal([job.State, (job.Problem as string[])[0]], ['failed', 'not-found']);
    }
    assert.is(readJournal(third.journal).size, 5);
  }
  fresh.env.DS_BACKUP_FAILPOINT = 'restore.placed:9';
  {
    await using agent = await RunningAgent.start(fresh);
    const one = await agent.ended(await agent.ask('RestoreEntry', 'sss', [old.serial, name, uid]));
    assert.equal([one.State, one.Of], ['done', old.serial]);
    await agent.ask('RestoreAll', 'ss', [old.serial, '']);
    await waitFor('some of it', () => readJournal(fresh.journal).size > 8);
    process.kill(agent.daemon.pid, 'SIGKILL');
    await waitFor('its end', () => !agent.daemon.running());
  }
  delete fresh.env.DS_BACKUP_FAILPOINT;
  await using agent = await RunningAgent.start(fresh);
  const { Jobs } = await agent.until('the job again', ({ Jobs: jobs }) => {
    return (jobs as unknown[]).length > 0;
  });
  const jobs = await Promise.all(
    (Jobs as string[]).map(async (one) => [one, await agent.job(one)] as const),
  );
  const [path] = jobs.find(([, { Kind, Of }]) => Kind === 'restore' && Of === old.serial) ?? [];
  assert.is((await agent.ended(path)).State, 'done');
  const result = compareJournals(before, readJournal(fresh.journal));
  // The one that came by itself stands at the top of the Journal.
  const toTop = [`${uid}: metadata/timestamp`];
  assert.equal([result.identical, result.different, result.missing], [29, toTop, []]);
});

test('a retired laptop is told so and its key opens nothing, until it is taken back', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  await backUp(laptop, 4);
  await xs(school, 'retire', laptop.serial);
  const url = `${school.server.url}/backup/1/available/${laptop.serial}`;
  assert.is((await fetch(url)).status, 403);
  const shut = await laptop.run('sh', ['-c', `${ssh(school, laptop)} 127.0.0.1 api </dev/null`]);
  assert.is(shut.exitCode, 255);
  assert.is.not((await laptop.backup(['now'])).exitCode, 0);
  await xs(school, 'unretire', laptop.serial);
  const again = await laptop.backup(['now']);
  assert.is(again.exitCode, 0, again.stderr);
});

test('a window opened at the server lets a laptop register over the wire', async () => {
  const settings = '[registration]\npolicy = "window"';
  await using school = await startSchool({ server: { settings } });
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 2, seed: 5 });
  const refused = await laptop.backup(['now']);
  assert.is.not(refused.exitCode, 0);
  assert.match(refused.stderr, /registration is closed; a teacher can open it/);
  await xs(school, 'register-window', '5');
  const done = await laptop.backup(['now']);
  assert.is(done.exitCode, 0, done.stderr);
  assert.match(await xs(school, 'audit'), /window-opened[\s\S]*registered +by laptop/);
});

test.run();
