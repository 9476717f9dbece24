/**
 * The agent on the session bus: its properties and jobs as plain values, followed through
 * restarts, and its methods (`org.sugarlabs.Backup1`, PROTOCOL.md).
 *
 * A method call starts the agent by D-Bus activation. If it exits while idle it is left alone; if
 * it disappears with a job in progress it is started again.
 */
import { type Message, Variant } from 'dbus-next';
import { DsError, type ErrorCode } from '../shared/errors.ts';
import type { Bus, Target } from '../shared/system/bus.ts';
import {
  type Agent,
  type Job,
  type Presence,
  type Properties,
  readAgent,
  readJob,
} from './model/state/agent.ts';

export const AGENT_NAME = 'org.sugarlabs.Backup1';
const AGENT: Target = { name: AGENT_NAME, path: '/org/sugarlabs/Backup1', face: AGENT_NAME };
const JOB_FACE = 'org.sugarlabs.Backup1.Job';
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const DBUS = 'org.freedesktop.DBus';
const RESTART_MS = 500;
const LOOK_AGAIN_MS = 15_000;

export interface Followers {
  agent(agent: Agent): void;
  job(path: string, job: Job): void;
}

export class AgentClient {
  readonly #bus: Bus;
  readonly #followers: Followers;
  #presence: Presence = 'starting';
  #properties: Record<string, unknown> = {};
  readonly #jobs = new Map<string, Record<string, unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(bus: Bus, followers: Followers) {
    this.#bus = bus;
    this.#followers = followers;
  }

  /** Subscribes to the agent and starts it. */
  async start(): Promise<void> {
    this.#bus.raw.on('message', (message: Message) => this.#heard(message));
    await this.#bus.match(
      `type='signal',interface='${PROPERTIES}',member='PropertiesChanged',path_namespace='${AGENT.path}'`,
    );
    await this.#bus.match(
      `type='signal',sender='${DBUS}',member='NameOwnerChanged',arg0='${AGENT_NAME}'`,
    );
    await this.look();
  }

  /** Reads all properties, starting the agent if it does not run. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.#properties = plain(await this.#bus.properties(AGENT)) as Record<string, unknown>;
      this.#tell('present');
      await this.#readJobs();
    } catch {
      if (this.#closed) return;
      this.#tell('absent');
      this.#timer = setTimeout(() => void this.look(), LOOK_AGAIN_MS);
    }
  }

  /** Calls a method of the agent; rejects with a `DsError` that has the agent's error code. */
  async call(member: string, signature = '', ...body: unknown[]): Promise<unknown[]> {
    try {
      return (await this.#bus.call(AGENT, member, signature, body)).map(plain);
    } catch (error) {
      throw asAgentError(error);
    }
  }

  /** Cancels this job only, whatever job is first by now. */
  async cancel(path: string): Promise<unknown[]> {
    try {
      return await this.#bus.call({ ...AGENT, path, face: JOB_FACE }, 'Cancel');
    } catch (error) {
      throw asAgentError(error);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#bus[Symbol.dispose]();
  }

  #tell(presence: Presence): void {
    this.#presence = presence;
    this.#followers.agent(readAgent(presence, this.#properties));
  }

  async #readJobs(): Promise<void> {
    const paths = readAgent('present', this.#properties).jobs;
    for (const path of this.#jobs.keys()) if (!paths.includes(path)) this.#jobs.delete(path);
    for (const path of paths) {
      if (this.#jobs.has(path)) continue;
      // Signals may arrive before the properties are read: keep them.
      const heard: Record<string, unknown> = {};
      this.#jobs.set(path, heard);
      try {
        const read = await this.#bus.properties({ ...AGENT, path, face: JOB_FACE });
        const whole = { ...(plain(read) as Properties), ...heard };
        this.#jobs.set(path, whole);
        this.#followers.job(path, readJob(whole));
      } catch {
        this.#jobs.delete(path); // it ended and was forgotten meanwhile
      }
    }
  }

  #heard(message: Message): void {
    if (message.member === 'NameOwnerChanged' && message.sender === DBUS) {
      const [name, , owner] = message.body as string[];
      if (name === AGENT_NAME) this.#ownerChanged(owner !== '');
    } else if (message.member === 'PropertiesChanged' && message.path?.startsWith(AGENT.path)) {
      const [face, changed] = message.body as [string, Record<string, Variant>];
      this.#changed(message.path, face, plain(changed) as Properties);
    }
  }

  #changed(path: string, face: string, changed: Properties): void {
    if (face === AGENT_NAME && path === AGENT.path) {
      Object.assign(this.#properties, changed);
      this.#tell('present');
      if ('Jobs' in changed) void this.#readJobs();
    } else if (face === JOB_FACE) {
      const job = this.#jobs.get(path);
      if (!job) return;
      Object.assign(job, changed);
      if ('Kind' in job) this.#followers.job(path, readJob(job));
    }
  }

  #ownerChanged(hasOwner: boolean): void {
    if (hasOwner) {
      // Another program may have started it; one that we started is being read already.
      if (this.#presence === 'asleep') void this.look();
      return;
    }
    const wasBusy = this.#jobs.size > 0 && isBusy(this.#jobs.values());
    this.#jobs.clear();
    this.#properties = { ...this.#properties, Jobs: [] };
    if (this.#closed) return;
    this.#tell('asleep');
    clearTimeout(this.#timer);
    if (wasBusy) this.#timer = setTimeout(() => void this.look(), RESTART_MS);
  }
}

/** Values without variants; 64-bit integers as numbers, byte arrays as buffers. */
export function plain(value: unknown): unknown {
  if (value instanceof Variant) return plain(value.value);
  if (typeof value === 'bigint') return Number(value);
  if (Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const ERROR_PREFIX = `${AGENT_NAME}.Error.`;

/** The error's name has the code (`…Error.ServerUnreachable`), its text message and hint. */
export function asAgentError(error: unknown): DsError {
  if (error instanceof DsError) return error;
  const { type = '', text = '' } = (error ?? {}) as { type?: string; text?: string };
  if (!type.startsWith(ERROR_PREFIX)) {
    return new DsError('internal', text || String(error), { cause: error });
  }
  const code = type
    .slice(ERROR_PREFIX.length)
    .replace(/[A-Z]/g, (letter, at) => `${at > 0 ? '-' : ''}${letter.toLowerCase()}`);
  const [message = '', hint] = text.split('\n');
  return new DsError(code as ErrorCode, message, hint ? { hint } : {});
}

function isBusy(jobs: Iterable<Properties>): boolean {
  for (const job of jobs) if (job.State === 'waiting' || job.State === 'running') return true;
  return false;
}
