// time limit: 200 s
/**
 * Nobody uploads without a lease (X1), with the real sshd, rsync and service: clients that never asked,
 * laptops that were retired while connected, and laptops that vanish.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { inLaptop, inState } from '../../xs/paths.ts';
import { type School, startSchool } from './school.ts';
import { waitFor } from './wait.ts';

const test = suite('X1: no upload without a lease');

const HERS = parseSerial('CSN74803BB1');
const HIS = parseSerial('SHC00800000');
/** What the issue allows, in seconds. */
const NOTICED = 120;

function few(slots = 1, leaseSeconds = 120) {
  return { server: { settings: `[traffic]\nslots = ${slots}\nleaseSeconds = ${leaseSeconds}\nadaptive = false` } };
}

/** A registered laptop with stock rsync and ssh, which log in with its serial. */
class Client {
  readonly #school: School;
  readonly serial: Serial;
  readonly #key: string;
  readonly #source: string;

  constructor(school: School, serial: Serial, bytes = 1000) {
    this.#school = school;
    this.serial = serial;
    this.#key = join(school.folder, `${serial}.key`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-C', '', '-N', '', '-f', this.#key]);
    this.#source = join(school.folder, `${serial}.files`);
    mkdirSync(this.#source);
    writeFileSync(join(this.#source, 'file'), randomBytes(bytes));
  }

  async register(): Promise<void> {
    const key = execFileSync('ssh-keygen', ['-y', '-f', this.#key], { encoding: 'utf8' });
    const values = [this.serial, 'nick', `uuid of ${this.serial}`, key.split(' ')[1] ?? '']
      .map((text) => `<param><value>${text}</value></param>`)
      .join('');
    const body = `<methodCall><methodName>register</methodName><params>${values}</params></methodCall>`;
    const headers = { 'content-type': 'text/xml' };
    const answer = await fetch(this.#school.server.url, { method: 'POST', headers, body });
    assert.match(await answer.text(), 'OK');
  }

  async mayI(): Promise<number> {
    return (await fetch(`${this.#school.server.url}/backup/1/available/${this.serial}`)).status;
  }

  #ssh(...more: string[]): string[] {
    const hosts = join(this.#school.folder, 'known_hosts');
    const options = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${hosts}`, 'BatchMode=yes'];
    return [
      ...['ssh', '-F', '/dev/null', '-i', this.#key, '-l', this.serial, '-o', 'LogLevel=ERROR'],
      ...['-p', String(this.#school.server.sshPort), ...options.flatMap((one) => ['-o', one])],
      ...more,
    ];
  }

  get controlPath(): string {
    return join(this.#school.folder, `${this.serial}.sock`);
  }

  /** Stays as long as it is not killed; a process group of its own. */
  start(command: readonly string[]) {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    const signal = (name: NodeJS.Signals) => {
      if (child.pid && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, name);
    };
    return { signal, [Symbol.dispose]: () => signal('SIGKILL') };
  }

  /** A connection that is open and does nothing. */
  master() {
    return this.start(this.#ssh('-N', '-M', '-S', this.controlPath, '127.0.0.1'));
  }

  channel() {
    return this.start(this.#ssh('127.0.0.1', 'api'));
  }

  rsync(target: string, ...more: string[]): string[] {
    const shell = this.#ssh('-S', this.controlPath).join(' ');
    const original = ['-z', '-rlt', '--partial', '--delete', '--timeout=160'];
    return ['rsync', ...original, ...more, '-e', shell, `${this.#source}/`, `127.0.0.1:${target}`];
  }

  upload(target = 'datastore-current') {
    const [command = '', ...args] = this.rsync(target);
    return this.#school.laptop(0).run(command, args);
  }
}

async function clients(school: School, bytes?: number): Promise<[Client, Client]> {
  const both = [new Client(school, HERS, bytes), new Client(school, HIS, bytes)] as const;
  for (const one of both) await one.register();
  return [...both];
}

function hasLease(school: School, serial: Serial): boolean {
  return existsSync(inState(school.server).lease(serial));
}

test('a client that never asks gets a lease at the door while there is room, and none otherwise', async () => {
  await using school = await startSchool(few());
  const [hers, his] = await clients(school);
  assert.is(await hers.mayI(), 200);
  assert.ok(hasLease(school, HERS));
  const refused = await his.upload();
  assert.is(refused.exitCode, 12, refused.stderr);
  assert.match(refused.stderr, /ds-backup: refused: all-slots-taken, come back in \d+ seconds/);
  assert.equal(readdirSync(inLaptop(school.server, HIS).mirror('datastore-current')), []);
  const sent = await hers.upload();
  assert.is(sent.exitCode, 0, sent.stderr);
  {
    using _channel = hers.channel();
    await sleep(1000);
  }
  await waitFor('the end of her lease', () => !hasLease(school, HERS));
  const goes = await his.upload();
  assert.is(goes.exitCode, 0, goes.stderr);
  assert.ok(hasLease(school, HIS), 'what it began with');
  assert.is(await hers.mayI(), 503, 'his lease counts as any other');
});

test('a laptop that was retired while connected begins no upload, not even with a lease', async () => {
  await using school = await startSchool(few());
  const [hers, his] = await clients(school);
  using _master = hers.master();
  await waitFor('her connection', () => existsSync(hers.controlPath));
  assert.is(await hers.mayI(), 200);
  assert.is((await hers.upload('documents')).exitCode, 0);
  const [command = '', ...args] = [...school.server.command, 'retire', HERS];
  execFileSync(command, [...args, '--config', school.server.configFile], { stdio: 'pipe' });
  assert.is(hasLease(school, HERS), false);
  for (const target of ['datastore-current', 'incoming', 'power-logs', `completion/${HERS}`]) {
    const refused = await hers.upload(target);
    assert.is(refused.exitCode, 12, `${target}: ${refused.stderr}`);
    assert.match(refused.stderr, 'ds-backup: refused: not registered, or out of use here', target);
  }
  const { original, incoming } = inLaptop(school.server, HERS);
  assert.equal([...readdirSync(original), ...readdirSync(incoming)], []);
  assert.is(await hers.mayI(), 403);
  assert.is(await his.mayI(), 200, 'the slot is free at once');
});

test('a laptop that vanishes has no lease after 120 s, with a control channel or without', async () => {
  await using school = await startSchool(few(2, 60));
  const [hers, his] = await clients(school, 3_000_000);
  for (const one of [hers, his]) assert.is(await one.mayI(), 200);
  using channel = hers.channel();
  using transfer = his.start(his.rsync('datastore-current', '--bwlimit=10'));
  const begun = () => readdirSync(inLaptop(school.server, HIS).original).length > 0;
  await waitFor('his transfer', begun);
  await sleep(1000);
  for (const one of [channel, transfer]) one.signal('SIGSTOP');
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const ended = new Map<Serial, number>();
  while (ended.size < 2 && seconds() < NOTICED) {
    await sleep(500);
    // As whoever asks for a slot: what is over is seen then at the latest.
    await fetch(`${school.server.url}/metrics`);
    for (const one of [HERS, HIS]) {
      if (!ended.has(one) && !hasLease(school, one)) ended.set(one, seconds());
    }
  }
  const found = JSON.stringify([...ended]);
  console.log(`free again after ${found} s`);
  assert.is(ended.size, 2, `both are free within ${NOTICED} s: ${found}`);
  assert.ok(Math.min(...ended.values()) > 20, `a pause is not a disappearance: ${found}`);
});

test.run();
