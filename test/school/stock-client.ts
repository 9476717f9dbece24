/**
 * A registered laptop that is nothing but stock rsync and ssh, as the original client is: it logs in with
 * its serial and sends a folder.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Serial } from '../../shared/ids.ts';
import type { School } from './school.ts';

export class StockClient {
  readonly #school: School;
  readonly serial: Serial;
  readonly #key: string;
  readonly #source: string;
  readonly #address: string;

  /** `address` of the loopback network is where it asks from; what waits for one address is limited. */
  constructor(school: School, serial: Serial, bytes = 1000, address = '127.0.0.1') {
    this.#school = school;
    this.serial = serial;
    this.#address = address;
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

  /** The status, and in how many seconds to come again if it names a time. */
  async ask(): Promise<{ status: number; retryAfter: number | undefined }> {
    const url = `${this.#school.server.url}/backup/1/available/${this.serial}`;
    const request = get(url, { agent: false, localAddress: this.#address });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.resume();
    const said = answer.headers['retry-after'];
    const retryAfter = said === undefined ? undefined : Number(said);
    return { status: answer.statusCode ?? 0, retryAfter };
  }

  async mayI(): Promise<number> {
    return (await this.ask()).status;
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
    const child = spawn(program, args, { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdout.resume();
    const signal = (name: NodeJS.Signals) => {
      if (child.pid && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, name);
    };
    return { child, signal, [Symbol.dispose]: () => signal('SIGKILL') };
  }

  /** A connection that is open and does nothing. */
  master() {
    return this.start(this.#ssh('-N', '-M', '-S', this.controlPath, '127.0.0.1'));
  }

  /** A control channel, over whose connection uploads go. */
  channel() {
    return this.start(this.#ssh('-M', '-S', this.controlPath, '127.0.0.1', 'api'));
  }

  /** The same, once the service has answered on it. */
  async openChannel() {
    const channel = this.channel();
    const answered = once(channel.child.stdout, 'data');
    channel.child.stdin.write('GET /v1/state HTTP/1.1\r\nHost: school\r\n\r\n');
    await answered;
    return channel;
  }

  rsync(target: string, ...more: string[]): string[] {
    const shell = this.#ssh('-S', this.controlPath).join(' ');
    const original = ['-z', '-rlt', '--partial', '--delete', '--timeout=160'];
    return ['rsync', ...original, ...more, '-e', shell, `${this.#source}/`, `127.0.0.1:${target}`];
  }

  upload(target = 'datastore-current', ...more: string[]) {
    const [command = '', ...args] = this.rsync(target, ...more);
    return this.#school.laptop(0).run(command, args);
  }
}
