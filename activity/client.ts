/**
 * The agent on the session bus: its properties and jobs as plain values, followed through
 * restarts, and its methods (`org.sugarlabs.Backup1`, PROTOCOL.md).
 *
 * A method call starts the agent by D-Bus activation. If it exits while idle it is left alone; if
 * it disappears with a job in progress it is started again.
 */
import type { Message, Variant } from 'dbus-next';
import {
  BACKUP_NAME,
  BACKUP_PATH,
  JOB_INTERFACE,
  readBusError,
  unwrap,
} from '../shared/backup-bus.ts';
import { DsError } from '../shared/errors.ts';
import type { Bus, Target } from '../shared/system/bus.ts';
import {
  type Agent,
  type Job,
  type Presence,
  type Properties,
  readAgent,
  readJob,
} from './model/state/agent.ts';

const AGENT: Target = { name: BACKUP_NAME, path: BACKUP_PATH, iface: BACKUP_NAME };
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
      `type='signal',sender='${DBUS}',member='NameOwnerChanged',arg0='${BACKUP_NAME}'`,
    );
    await this.look();
  }

  /** Reads all properties, starting the agent if it does not run. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.#properties = unwrap(await this.#bus.properties(AGENT)) as Record<string, unknown>;
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
      return (await this.#bus.call(AGENT, member, signature, body)).map(unwrap);
    } catch (error) {
      throw asAgentError(error);
    }
  }

  /** Cancels this job only, whatever job is first by now. */
  async cancel(path: string): Promise<unknown[]> {
    try {
      return await this.#bus.call({ ...AGENT, path, iface: JOB_INTERFACE }, 'Cancel');
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
        const read = await this.#bus.properties({ ...AGENT, path, iface: JOB_INTERFACE });
        const whole = { ...(unwrap(read) as Properties), ...heard };
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
      if (name === BACKUP_NAME) this.#ownerChanged(owner !== '');
    } else if (message.member === 'PropertiesChanged' && message.path?.startsWith(AGENT.path)) {
      const [iface, changed] = message.body as [string, Record<string, Variant>];
      this.#changed(message.path, iface, unwrap(changed) as Properties);
    }
  }

  #changed(path: string, iface: string, changed: Properties): void {
    if (iface === BACKUP_NAME && path === AGENT.path) {
      Object.assign(this.#properties, changed);
      this.#tell('present');
      if ('Jobs' in changed) void this.#readJobs();
    } else if (iface === JOB_INTERFACE) {
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

/** What a call to the agent threw, as our own error: `internal` where it is not the agent's. */
export function asAgentError(error: unknown): DsError {
  if (error instanceof DsError) return error;
  const { text = '' } = (error ?? {}) as { text?: string };
  return readBusError(error) ?? new DsError('internal', text || String(error), { cause: error });
}

function isBusy(jobs: Iterable<Properties>): boolean {
  for (const job of jobs) if (job.State === 'waiting' || job.State === 'running') return true;
  return false;
}
