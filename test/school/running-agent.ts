/**
 * The real agent of a test laptop: its process, what it shows on the bus, and its methods.
 */
import { join } from 'node:path';
import { distFolder, startNode } from '../../bundle/build.ts';
import { BACKUP_NAME, BACKUP_PATH, JOB_INTERFACE } from '../../shared/backup-bus.ts';
import { Bus } from '../../shared/system/bus.ts';
import { waitFor } from '../runner/patience.ts';
import type { Laptop } from './laptop.ts';
import type { MachineEvents } from './machine-events.ts';
import { type Daemon, startDaemon } from './processes.ts';

export const AGENT = { name: BACKUP_NAME, path: BACKUP_PATH, iface: BACKUP_NAME };

/** A backup or a restore takes much less, its wait for a place at school included. */
const BACKUP_MS = 300_000;

export type Values = Record<string, unknown>;

export class RunningAgent implements AsyncDisposable {
  readonly daemon: Daemon;
  readonly bus: Bus;

  private constructor(daemon: Daemon, bus: Bus) {
    this.daemon = daemon;
    this.bus = bus;
  }

  static async start(laptop: Laptop, events?: MachineEvents): Promise<RunningAgent> {
    await laptop.startBus();
    const env = {
      ...laptop.env,
      DBUS_SYSTEM_BUS_ADDRESS: events?.address ?? 'unix:path=/nowhere/system-bus',
    };
    const program = join(distFolder, 'ds-backup.mjs');
    const args = [program, 'agent', ...laptop.where()];
    const daemon = startDaemon(startNode, args, env);
    const bus = await Bus.open(laptop.env.DBUS_SESSION_BUS_ADDRESS ?? '');
    const agent = new RunningAgent(daemon, bus);
    await waitFor('the agent on the bus', async () => {
      if (!daemon.running()) throw new Error(`the agent ended:\n${daemon.lines.join('\n')}`);
      return agent.properties().catch(() => undefined);
    });
    return agent;
  }

  properties(): Promise<Values> {
    return this.bus.properties(AGENT);
  }

  job(path: unknown): Promise<Values> {
    return this.bus.properties({ name: BACKUP_NAME, path: String(path), iface: JOB_INTERFACE });
  }

  /** The answer's first value. */
  async ask(member: string, signature = '', body: unknown[] = []): Promise<unknown> {
    const [first] = await this.bus.call(AGENT, member, signature, body);
    return first;
  }

  /** Waits until the properties are so. */
  until(what: string, test: (values: Values) => unknown): Promise<Values> {
    return this.#waitFor(what, () => this.properties(), test);
  }

  /** Waits until a job has ended; its properties. */
  ended(path: unknown): Promise<Values> {
    const over = ['done', 'failed', 'cancelled'];
    const isOver = ({ State }: Values) => over.includes(String(State));
    return this.#waitFor(`the end of ${path}`, () => this.job(path), isOver);
  }

  async #waitFor(
    what: string,
    read: () => Promise<Values>,
    test: (values: Values) => unknown,
  ): Promise<Values> {
    let last: Values = {};
    const look = async () => {
      last = await read();
      return test(last) ? last : undefined;
    };
    try {
      return await waitFor(what, look, { patienceMs: BACKUP_MS });
    } catch (error) {
      const shown = JSON.stringify(last, (_, one) => (typeof one === 'bigint' ? `${one}` : one));
      throw new Error(`${error}\n${shown}\n${this.daemon.lines.join('\n')}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.bus[Symbol.dispose]();
    await this.daemon.stop();
  }
}
