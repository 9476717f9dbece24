// weight: 25
/**
 * `ds-backup` at a terminal, with the agent started by the bus when it is asked.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import { pinsOf } from '../keep/kept-journal.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { ask as askAgent, letAgentWake, servicesOf } from '../waking-agent.ts';

const test = suite('the commands with the agent');

/** A laptop whose bus can start the agent. */
async function prepare(school: School, entries: number): Promise<Laptop> {
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries, seed: 5 });
  await letAgentWake(laptop, school.server.url);
  return laptop;
}

const ask = (laptop: Laptop, ...args: string[]) => askAgent(laptop, args);

interface Pin {
  uid: string;
  later: boolean;
}

async function ok(laptop: Laptop, ...args: string[]): Promise<string> {
  const done = await ask(laptop, ...args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

test('back up, look around, lose everything, bring it back', async () => {
  await using school = await startSchool();
  const laptop = await prepare(school, 12);
  assert.match(await ok(laptop, 'now', '--wait'), /safe at school: 12 entries/);
  const status = await ok(laptop, 'status');
  assert.match(status, /now: +safe \(done for today\)/);
  assert.match(status, /safe at school: 12 of 12 entries/);
  assert.match(await ok(laptop, 'snapshots'), /^datastore-\S+ +12 entries/);
  const { entries } = JSON.parse(await ok(laptop, 'entries', 'latest', '--json'));
  assert.is(entries.length, 12);
  await laptop.loseJournal();
  assert.match(await ok(laptop, 'restore', 'latest', '--wait'), /checked: 12 entries/);
  assert.is(await laptop.countEntries(), 12);
});

test('pins are kept, and noted while the school is away', async () => {
  await using school = await startSchool();
  const laptop = await prepare(school, 5);
  await ok(laptop, 'now', '--wait');
  const { entries } = JSON.parse(await ok(laptop, 'entries', 'latest', '--json'));
  const [first, second] = entries.map(({ uid }: { uid: string }) => uid);
  assert.is(await ok(laptop, 'pin', first, 'latest'), 'done\n');
  const atSchool = () => pinsOf(school, laptop).sort();
  assert.equal(atSchool(), [first]);
  await school.server.daemon.stop();
  const noted = await ask(laptop, 'pin', second, 'latest');
  assert.match(noted.stdout, /^noted/);
  assert.is(noted.exitCode, 75, 'it waits and continues by itself');
  const later = async () => {
    const { pins } = JSON.parse(await ok(laptop, 'pins', '--json'));
    return pins.filter((one: Pin) => one.later).map(({ uid }: Pin) => uid);
  };
  assert.equal(atSchool(), [first], 'the school does not know yet');
  await school.server.start();
  await ok(laptop, 'status');
  await waitFor('the laptop to send it', async () => (await later()).length === 0);
  assert.equal(atSchool(), [first, second].sort(), 'on the disk of the server');
  assert.is(await ok(laptop, 'unpin', first), 'done\n');
  assert.equal(atSchool(), [second]);
});

test('offered to the class, with a teacher’s yes, and taken back', async () => {
  await using school = await startSchool();
  const laptop = await prepare(school, 3);
  const [server = '', ...rest] = school.server.command;
  const config = ['--config', school.server.configFile, '--json'];
  const tell = async (...args: string[]) =>
    JSON.parse((await promisify(execFile)(server, [...rest, ...args, ...config])).stdout);
  const atSchool = (...args: string[]) => tell('class-page', ...args);
  await ok(laptop, 'now', '--wait');
  const { entries } = JSON.parse(await ok(laptop, 'entries', 'latest', '--json'));
  const { uid } = entries[0];
  const early = await ask(laptop, 'offer', uid, 'latest');
  assert.match(early.stderr, /there is no such page/, 'there is no class page');
  await atSchool('on');
  assert.is(await ok(laptop, 'class'), 'nothing is offered to the class\n');
  const unknown = await ask(laptop, 'offer', uid, 'latest');
  assert.match(unknown.stderr, /compared the digits of this laptop/);
  const record = join(school.server.library, laptop.serial, 'registration.json');
  const { introduction } = JSON.parse(readFileSync(record, 'utf8'));
  await tell('approve', laptop.serial, introduction.code);
  assert.is(await ok(laptop, 'offer', uid, 'latest'), 'waits for a teacher\n');
  const [offer] = (await atSchool()).offers;
  await atSchool(offer.id, 'yes');
  assert.match(await ok(laptop, 'class'), new RegExp(`^${uid} .*: on the class page\n$`));
  assert.is(await ok(laptop, 'offer', uid, 'latest'), 'on the class page\n');
  await ok(laptop, 'take-back', uid);
  assert.equal((await atSchool()).offers, []);
  assert.equal(pinsOf(school, laptop), []);
  const direct = ['--direct', '--server', school.server.url];
  assert.is(await ok(laptop, 'offer', uid, 'latest', ...direct), 'waits for a teacher\n');
  await ok(laptop, 'take-back', uid, ...direct);
  const again = await ask(laptop, 'take-back', uid);
  assert.match(again.stderr, /nobody offers that to the class any more/);
});

test('mistakes are told before anything happens', async () => {
  await using school = await startSchool();
  const laptop = await prepare(school, 1);
  const wrong: [string[], RegExp][] = [
    [['now', '--server', 'http://x'], /--server is for --direct/],
    [['pause', '--direct'], /leave out --direct/],
    [['restore', 'yesterday'], /is not a snapshot name/],
    [['unpin', 'x'], /is not an entry uid/],
  ];
  for (const [args, message] of wrong) {
    const done = await ask(laptop, ...args);
    assert.match(done.stderr, message);
    assert.ok(done.exitCode === 1 || done.exitCode === 2);
  }
});

test('without an agent that could be started it says what to do', async () => {
  await using school = await startSchool();
  const laptop = await prepare(school, 1);
  const services = servicesOf(laptop);
  for (const name of readdirSync(services)) rmSync(join(services, name));
  const done = await ask(laptop, 'status');
  assert.is(done.exitCode, 1);
  assert.match(done.stderr, /cannot be started.*\n.*--direct/);
});

test.run();
