/**
 * The agent as a process on the session bus: name, objects, watchers, and when it may end (A2, E5).
 */
import dbus from 'dbus-next';
import { BACKUP_NAME, BACKUP_PATH } from '../../shared/backup-bus.ts';
import { asDsError, DsError } from '../../shared/errors.ts';
import { Bus } from '../../shared/system/bus.ts';
import { Cleanup } from '../../shared/system/cleanup.ts';
import { findSessionBus } from '../journal/session-bus.ts';
import { Agent, type AgentOptions } from '../service/agent.ts';
import { watchJournal } from '../watch/journal-changes.ts';
import { watchNetwork } from '../watch/network.ts';
import { watchPower } from '../watch/power.ts';
import { SleepDelay, watchSleep } from '../watch/sleep.ts';
import { AgentObject } from './agent-object.ts';
import { watchClients } from './clients.ts';
import { JobObject } from './job-object.ts';

export interface RunOptions extends AgentOptions {
  env: NodeJS.ProcessEnv;
  /** Fires when it shall stop. */
  signal: AbortSignal;
}

const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';
/** With nothing to do and nobody watching, it ends after this, in milliseconds. */
const LINGER_MS = 10_000;
/** The worker for looking around is given back after this without a question, in milliseconds. */
const REST_MS = 40_000;
/** Changes are told together, at most so often, in milliseconds. */
const TELL_MS = 150;

/** Serves until there is nothing left to do, the bus is gone, or `signal` fires. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { env, signal, log } = options;
  await using cleanup = new Cleanup();
  const session = cleanup.use(await openSessionBus(env));
  const system = await openSystemBus(options);
  if (system) cleanup.use(system);
  const agent = cleanup.use(new Agent(options));
  const presence = cleanup.use(new Presence(session, agent, options));
  await watchLaptop(system, agent, options);
  cleanup.use(await watchJournal(session, () => presence.refresh()));
  await watchClients(session, (count) => presence.watched(count));
  // Everything is in place before anybody can ask.
  await takeName(session);
  agent.start();
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const lost = session.lost.catch(() => {});
  while (!signal.aborted) {
    const why = await Promise.race([stopped, lost, presence.over()]);
    if (why !== 'nothing to do') break;
    await session.raw.releaseName(BACKUP_NAME);
    // Somebody asked at the last moment; whoever comes after this starts another agent.
    if (!presence.isWanted) break;
    await takeName(session);
  }
  log.info('ending');
}

async function openSessionBus(env: NodeJS.ProcessEnv): Promise<Bus> {
  return Bus.open(findSessionBus(env));
}

/** Without it nothing is known about power, network and sleep, and all goes on. */
async function openSystemBus({ env, log }: RunOptions): Promise<Bus | undefined> {
  try {
    return await Bus.open(env.DBUS_SYSTEM_BUS_ADDRESS ?? SYSTEM_BUS);
  } catch (error) {
    log.info('no-system-bus', { reason: asDsError(error).message });
    return undefined;
  }
}

/** Throws `busy` when another agent has it. */
async function takeName(bus: Bus): Promise<void> {
  const { PRIMARY_OWNER } = dbus.RequestNameReply;
  const reply = await bus.raw.requestName(BACKUP_NAME, dbus.NameFlag.DO_NOT_QUEUE);
  if (reply === PRIMARY_OWNER) return;
  throw new DsError('busy', 'another agent serves this session already');
}

async function watchLaptop(
  system: Bus | undefined,
  agent: Agent,
  { log }: RunOptions,
): Promise<void> {
  await watchPower(system, log, (power) => agent.world({ power }));
  await watchNetwork(
    system,
    log,
    (network) => agent.world({ network }),
    () => agent.networkCame(),
  );
  await watchSleep(system, log, (suspending) => agent.world({ suspending }));
}

/** The agent's objects on the bus, kept up to date; and whether it is still wanted. */
class Presence implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #agent: Agent;
  readonly #object: AgentObject;
  readonly #jobs = new Map<number, JobObject>();
  readonly #delay: SleepDelay;
  #end: () => void = () => {};
  #clients = 0;
  #isOver = false;
  #telling: NodeJS.Timeout | undefined;
  #lingering: NodeJS.Timeout | undefined;
  #resting: NodeJS.Timeout | undefined;

  constructor(bus: Bus, agent: Agent, { env, log }: RunOptions) {
    this.#bus = bus;
    this.#agent = agent;
    this.#object = new AgentObject(agent);
    this.#delay = new SleepDelay(env, log);
    bus.raw.export(BACKUP_PATH, this.#object);
    agent.on('change', () => this.#tellSoon());
    agent.on('end', () => {
      this.#tell();
      if (this.#clients > 0) this.refresh();
    });
    agent.on('stopped', () => this.refresh());
  }

  get isWanted(): boolean {
    return this.#clients > 0 || !this.#agent.isIdle;
  }

  /** Resolves when nothing is left to do and nobody watches. */
  over(): Promise<'nothing to do'> {
    return new Promise((resolve) => {
      this.#end = () => resolve('nothing to do');
      this.#tell();
    });
  }

  /** Somebody came to look, or went. */
  watched(count: number): void {
    if (count > 0) clearTimeout(this.#lingering);
    const isFirst = this.#clients === 0 && count > 0;
    this.#clients = count;
    if (isFirst) this.refresh();
    this.#tellSoon();
  }

  /** The Journal or the agent's own facts changed: read anew for those who watch. */
  refresh(): void {
    if (this.#clients === 0) return;
    void this.#agent.refreshFacts().catch(() => {}); // shown as before
    clearTimeout(this.#resting);
    if (!this.#isOver) this.#resting = setTimeout(() => this.#agent.rest(), REST_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const timer of [this.#telling, this.#lingering, this.#resting]) clearTimeout(timer);
    this.#delay.release();
  }

  #tellSoon(): void {
    this.#exportJobs();
    if (this.#isOver) return; // a timer would keep the process
    this.#telling ??= setTimeout(() => this.#tell(), TELL_MS);
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#exportJobs();
    this.#object.update();
    for (const job of this.#agent.model.jobs) this.#jobs.get(job.id)?.update(job);
    if (this.#agent.standing.progress) this.#delay.hold();
    else this.#delay.release();
    clearTimeout(this.#lingering);
    if (!this.isWanted && !this.#isOver) this.#lingering = setTimeout(this.#end, LINGER_MS);
  }

  #exportJobs(): void {
    const ids = new Set(this.#agent.model.jobs.map(({ id }) => id));
    for (const job of this.#agent.model.jobs) {
      if (this.#jobs.has(job.id)) continue;
      const object = new JobObject(this.#agent, job);
      this.#jobs.set(job.id, object);
      this.#bus.raw.export(object.path, object);
    }
    for (const [id, object] of this.#jobs) {
      if (ids.has(id)) continue;
      this.#jobs.delete(id);
      this.#bus.raw.unexport(object.path, object);
    }
  }
}
