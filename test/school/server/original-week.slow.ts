// weight: 20
/**
 * A week of original clients with the SSH and rsync of both kinds of XO: their Journals change, their programs are
 * killed, the server has no time or dies. Every day's snapshot is what was on the laptop, file by file, and
 * the same for each kind of client.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { exportJournal } from '../../../xs/legacy/export.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listSnapshots, newestSnapshot, type Snapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, type JournalSums, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../../xs/check.ts';
import { serialOf } from '../../xs/whole.ts';
import type { Laptop } from '../laptop.ts';
import {
  completionWords,
  mirrorWords,
  type OldTools,
  OPENSSH_5_3,
  OPENSSH_6_1,
  RSYNC_2_6_9,
} from '../original-client.ts';
import { startDaemon } from '../processes.ts';
import { type School, startSchool } from '../school.ts';
import { settled } from '../settled.ts';
import { StockClient } from '../stock-client.ts';

const test = suite('original clients back up for a week');

const KINDS: [name: string, tools: OldTools][] = soak(
  [
    ['OpenSSH 5.3, rsync 3.0.6', { offers: OPENSSH_5_3 }],
    ['OpenSSH 5.3, rsync 2.6.9', { offers: OPENSSH_5_3, rsync: RSYNC_2_6_9 }],
    ['OpenSSH 6.1, rsync 3.0.6', { offers: OPENSSH_6_1 }],
    ['OpenSSH 6.1, rsync 2.6.9', { offers: OPENSSH_6_1, rsync: RSYNC_2_6_9 }],
  ],
  [
    ['OpenSSH 5.3, rsync 2.6.9', { offers: OPENSSH_5_3, rsync: RSYNC_2_6_9 }],
    ['OpenSSH 6.1, rsync 3.0.6', { offers: OPENSSH_6_1 }],
  ],
);
const ENTRIES = soak(60, 12);

/** An original client on its laptop. */
interface Client {
  laptop: Laptop;
  tools: OldTools;
}

interface Scene extends Client {
  school: School;
  /** How many snapshots there were in the morning. */
  before: number;
}

/** Sugar's registration, with the DSA key of a profile. */
async function registerAt(school: School, { laptop }: Client, n: number): Promise<void> {
  const key = join(laptop.profile, 'owner.key');
  mkdirSync(join(laptop.profile, 'identifiers'));
  writeFileSync(join(laptop.profile, 'identifiers', 'sn'), serialOf(n));
  execFileSync('ssh-keygen', ['-q', '-t', 'dsa', '-C', '', '-N', '', '-f', key]);
  const [, blob = ''] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  const values = [laptop.serial, 'nick', 'uuid', blob.trim()]
    .map((text) => `<param><value><string>${text}</string></value></param>`)
    .join('');
  const body = `<methodCall><methodName>register</methodName><params>${values}</params></methodCall>`;
  const headers = { 'content-type': 'text/xml' };
  const answer = await fetch(school.server.url, { method: 'POST', headers, body });
  assert.match(await answer.text(), 'OK');
}

const mirrorOf = ({ school, laptop }: Scene) =>
  inLaptop(school.server, parseSerial(laptop.serial)).original;

const filesIn = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
        .length
    : 0;

/** "May I?", until it may. */
async function mayI({ school, laptop }: Scene): Promise<number> {
  for (let refused = 0; ; refused += 1) {
    const url = `${school.server.url}/backup/1/available/${laptop.serial}`;
    const { status, headers } = await fetch(url);
    if (status === 200) return refused;
    assert.is(status, 503);
    await sleep(1000 * Number(headers.get('retry-after') ?? '1'));
  }
}

const sendMirror = ({ school, laptop, tools }: Scene) =>
  laptop.run('rsync', mirrorWords(school, laptop, laptop.journal, 'datastore-current', tools));
const sendCompletion = ({ school, laptop, tools }: Scene) =>
  laptop.run('rsync', completionWords(school, laptop, tools));

/** The client is killed as soon as the server has so many more files. */
async function killedAfter(scene: Scene, files: number): Promise<void> {
  const { school, laptop, tools } = scene;
  const there = filesIn(mirrorOf(scene));
  const slow = { ...tools, rsync: [...(tools.rsync ?? []), '--bwlimit=20', '--whole-file'] };
  const words = mirrorWords(school, laptop, laptop.journal, 'datastore-current', slow);
  const rsync = startDaemon('rsync', words, laptop.env);
  await waitFor('some files', () => !rsync.running() || filesIn(mirrorOf(scene)) >= there + files);
  await rsync.kill();
}

/** The whole of what ds-backup.py does. */
async function backUp(scene: Scene): Promise<void> {
  await mayI(scene);
  const sent = await sendMirror(scene);
  assert.is(sent.exitCode, 0, sent.stderr);
  const done = await sendCompletion(scene);
  assert.is(done.exitCode, 0, done.stderr);
}

async function dieAndStart({ school }: Scene): Promise<void> {
  await school.server.daemon.kill();
  await school.server.start();
}

/** What goes wrong on a day before the client runs through. */
const DAYS: [name: string, wrong: (scene: Scene) => Promise<unknown>][] = [
  ['nothing', async () => {}],
  ['killed after "may I?"', mayI],
  ['killed with the first file', (scene) => killedAfter(scene, 1)],
  [
    'killed with many files, and the service in the middle of it',
    async (scene) => {
      await killedAfter(scene, 5);
      await dieAndStart(scene);
    },
  ],
  ['killed between mirror and completion', sendMirror],
  [
    'killed after the completion, and the service while it takes it in',
    async (scene) => {
      await scene.school.server.daemon.stop();
      await scene.school.server.start('ingest.pooled');
      await backUp(scene);
      await scene.school.server.daemon.ended;
      await scene.school.server.daemon.kill();
      await scene.school.server.start();
    },
  ],
  [
    'no time for it at first',
    async (scene) => {
      const other = new StockClient(
        scene.school,
        serialOf(100 + Number(scene.laptop.serial.slice(-2))),
      );
      await other.register();
      assert.is(await other.mayI(), 200);
      assert.ok((await mayI(scene)) > 0, '503 at least once');
    },
  ],
];
const WEEK = soak(
  DAYS,
  DAYS.filter((_, n) => n === 0 || n === 3),
);

/** The snapshot of the day, once it has what is on the laptop. */
async function snapshotOfDay(
  { school, laptop, before }: Scene,
  morning?: string,
): Promise<Snapshot> {
  const serial = parseSerial(laptop.serial);
  const found = await waitFor('the snapshot of the day', () => {
    const newest = newestSnapshot(school.server, serial);
    const isNew = listSnapshots(school.server, serial).length > before && newest?.state !== morning;
    return isNew ? newest : undefined;
  });
  if (!found) throw new Error('unreachable');
  return found;
}

async function checkDay(scene: Scene, snapshot: Snapshot, there: JournalSums, told: string) {
  const out = join(scene.school.folder, `out-${scene.laptop.serial}-${snapshot.sequence}`);
  const { leftOut } = await exportJournal({ snapshot }, out);
  assert.equal(leftOut, [], told);
  const { identical, ...differences } = compareJournals(there, readJournal(out));
  assert.equal(differences, { different: [], missing: [], extra: [] }, told);
  assert.is(identical, snapshot.entries, told);
}

test('every day is what was on the laptop, whatever was killed and whichever kind it is', async () => {
  await using school = await startSchool({
    laptops: KINDS.length,
    server: { settings: '[traffic]\nslots = 1\n' },
  });
  const clients = KINDS.map(([name, tools], n) => ({ name, tools, laptop: school.laptop(n) }));
  for (const [n, client] of clients.entries()) {
    await registerAt(school, client, n);
    generateJournal(client.laptop.journal, { entries: ENTRIES, seed: 50 });
  }
  const days: { snapshot: Snapshot; there: JournalSums; scene: Scene; told: string }[] = [];
  for (const [day, [what, goWrong]] of WEEK.entries()) {
    if (day > 0) {
      for (const { laptop } of clients) changeJournal(laptop.journal, { count: 6, seed: 50 + day });
      await settled();
    }
    const states: string[] = [];
    for (const { name, ...client } of clients) {
      const told = `${name}, day ${day}: ${what}`;
      const serial = parseSerial(client.laptop.serial);
      const morning = newestSnapshot(school.server, serial)?.state;
      const before = listSnapshots(school.server, serial).length;
      const scene = { ...client, school, before };
      await goWrong(scene);
      await backUp(scene);
      const snapshot = await snapshotOfDay(scene, morning);
      const there = readJournal(client.laptop.journal);
      await checkDay(scene, snapshot, there, told);
      days.push({ snapshot, there, scene, told });
      states.push(snapshot.state);
    }
    assert.is(new Set(states).size, 1, `${what}: the same for each kind of client`);
  }
  // What was saved on the first day is still what it was.
  for (const { snapshot, there, scene, told } of days) {
    const out = { ...snapshot, sequence: 1000 + snapshot.sequence };
    await checkDay(scene, out, there, `${told}, at the end`);
    checkSnapshots(school.server, snapshot.serial);
  }
});

test.run();
