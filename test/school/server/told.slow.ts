// weight: 35
/**
 * What is broken on a real server is told by `xs-backup status`, asked from outside: with what is the
 * matter, what to do, and an exit code for programs; and is gone from it when it is mended.
 */
import { chmodSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { run } from '../../../shared/system/run.ts';
import type { ConcernType } from '../../../xs/admin/concerns.ts';
import { writeTwins } from '../../../xs/registration/twin-file.ts';
import { firstOf } from '../../../xs/registration/twins.ts';
import { inLaptop, inLibrary, inState } from '../../../xs/storage/paths.ts';
import { fieldsOf, processes, wordsOf } from '../../../xs/traffic/transfers.ts';
import { generateJournal } from '../../journal/generator.ts';
import { within } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { smallDisk } from '../../xs/small-disk.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot, testEnvironment } from '../server.ts';
import { StockClient } from '../stock-client.ts';

const test = suite('the status of a broken server');
const rooted = testIf(runsAsRoot, test, 'a small file system is mounted, which needs root');

/** It answers this soon whatever is broken, on the reference machine. */
const SOON_MS = 10_000;
/** What is open where all works: a disk of 64 MB. */
const LATER = parseSerial('SHC00800000');
/** Two agents that came with one key. */
const [A, B] = ['1', '2'].map((n) => n.repeat(32)) as [string, string];
const USUAL: ConcernType[] = ['disk-too-small'];

async function xs({ server }: School, ...args: string[]) {
  const [command = '', ...rest] = [...server.command, ...args, '--config', server.configFile];
  return run(command, rest, { env: testEnvironment(), accept: [1, 3] });
}

interface Scene {
  type: ConcernType;
  says: RegExp;
  break(school: School): void | Promise<void>;
  mend(school: School): void | Promise<void>;
}

const SCENES: Scene[] = [
  {
    type: 'disk-full',
    says: /no backup can start: \d % of the blocks and \d\d % of the inodes are free/,
    break: ({ server }) => {
      const { bavail, bsize } = statfsSync(server.library);
      writeFileSync(join(server.library, '.ballast'), Buffer.alloc((bavail - 100) * bsize, 1));
    },
    mend: ({ server }) => rmSync(join(server.library, '.ballast')),
  },
  {
    type: 'disk-full',
    says: /no backup can start: \d\d % of the blocks and \d % of the inodes are free/,
    break: ({ server }) => {
      const folder = join(server.library, '.ballast');
      const free = statfsSync(server.library).ffree - 20;
      for (let n = 0; n < free; n += 1) mkdirSync(join(folder, `${n}`), { recursive: true });
    },
    mend: ({ server }) => rmSync(join(server.library, '.ballast'), { recursive: true }),
  },
  {
    type: 'sandbox',
    says: /session does not start: .*bwrap: /,
    break: ({ server }) =>
      rewrite(inState(server).session, 'bwrap --', 'bwrap --no-such-option --'),
    mend: ({ server }) => rewrite(inState(server).session, 'bwrap --no-such-option --', 'bwrap --'),
  },
  {
    type: 'clock',
    says: /NOT TRUSTED: .*2031[\s\S]*not trusted: nothing is removed, and the age /,
    break: ({ server }) =>
      whileStopped(server, () => {
        const memory = { version: 1, seen: '2031-05-06T10:00:00.000Z', jump: null };
        writeFileSync(inLibrary(server).clock, JSON.stringify(memory));
      }),
    mend: ({ server }) => whileStopped(server, () => rmSync(inLibrary(server).clock)),
  },
  {
    type: 'never-backed-up',
    says: /1 laptop registered more than a day ago has never made a backup: /,
    break: (school) => withTime(school, '2020-01-01T00:00:00.000Z'),
    mend: (school) => withTime(school, new Date().toISOString()),
  },
  {
    type: 'service-down',
    says: /The service is not running: no laptop can back up\n +Start it: systemctl restart/,
    break: ({ server }) => server.daemon.kill(),
    mend: ({ server }) => server.start(),
  },
  {
    type: 'service-down',
    says: /the service is running, but does not answer[\s\S]*systemctl restart/,
    break: ({ server }) => void process.kill(server.daemon.pid, 'SIGSTOP'),
    mend: ({ server }) => void process.kill(server.daemon.pid, 'SIGCONT'),
  },
  {
    type: 'twins',
    says: /Two laptops answer to 1 name: /,
    break: ({ server }) =>
      whileStopped(server, () => {
        const since = new Date().toISOString();
        const both = { ...firstOf(A), last: B, others: [B], since };
        writeTwins(server, LATER, both);
        chmodSync(inLaptop(server, LATER).instances, 0o644); // the service is another user
      }),
    mend: ({ server }) => whileStopped(server, () => rmSync(inLaptop(server, LATER).instances)),
  },
  {
    type: 'port-closed',
    says: /Nobody answers at port \d+: laptops cannot send anything\n/,
    // One that is dead is started again at once; one that hangs is not.
    break: ({ server }) => void process.kill(sshdOf(server.daemon.pid), 'SIGSTOP'),
    mend: ({ server }) => void process.kill(sshdOf(server.daemon.pid), 'SIGCONT'),
  },
];

rooted('each thing that breaks is told at once, and what to do about it', async () => {
  using disk = smallDisk('size=64m,nr_inodes=4000');
  await using school = await startSchool({ server: { library: disk.path } });
  const first = school.laptop(0);
  generateJournal(first.journal, { entries: 3, seed: 1 });
  assert.is((await first.backup(['now'])).exitCode, 0);
  await new StockClient(school, LATER).register();
  const openNow = async () => {
    const { exitCode, stdout } = await xs(school, 'status', '--json');
    assert.is(exitCode, 3);
    return JSON.parse(stdout).concerns;
  };
  assert.equal(await openNow(), USUAL, 'all works');
  for (const { type, says, ...scene } of SCENES) {
    await scene.break(school);
    const start = performance.now();
    const told = await xs(school, 'status');
    await within(`status with ${type}`, SOON_MS, performance.now() - start);
    assert.is(told.exitCode, 3, told.stderr);
    assert.match(told.stdout, says);
    assert.ok((await openNow()).includes(type), type);
    const doctor = await xs(school, 'doctor');
    assert.is(doctor.exitCode, 3);
    assert.match(doctor.stdout, /^FAIL {2}/m);
    assert.not.match(doctor.stdout, /xs-backup (doctor|status)/, 'a way out, and no circle');
    await scene.mend(school);
    assert.equal(await openNow(), USUAL, `${type} is mended`);
  }
});

function rewrite(file: string, from: string, to: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
}

async function withTime({ server }: School, registered: string): Promise<void> {
  await whileStopped(server, () => {
    const { registration, registrationCopy } = inLaptop(server, LATER);
    for (const file of [registration, registrationCopy]) {
      const record = { ...JSON.parse(readFileSync(file, 'utf8')), registered };
      writeFileSync(file, JSON.stringify(record));
    }
  });
}

/** The service keeps records and the time in memory. */
async function whileStopped(server: School['server'], change: () => void): Promise<void> {
  await server.daemon.stop();
  change();
  await server.start();
}

function sshdOf(service: number): number {
  const isSshd = (pid: number) =>
    Number(fieldsOf(pid)[1]) === service && wordsOf(pid).some((word) => word.includes('sshd'));
  const found = processes().find(isSshd);
  if (!found) throw new Error('no sshd');
  return found;
}

test.run();
