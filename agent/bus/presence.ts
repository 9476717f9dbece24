/**
 * The agent's presence on the bus: its objects, exported and kept up to date; sleep held back while it
 * transfers or shows a day in the Journal; and whether somebody still needs it.
 */
import { BACKUP_PATH } from '../../shared/backup-bus.ts';
import type { Log } from '../../shared/log.ts';
import type { Bus } from '../../shared/system/bus.ts';
import type { Agent } from '../service/agent.ts';
import { SleepDelay } from '../watch/sleep.ts';
import { AgentObject } from './agent-object.ts';
import { JobObject } from './job-object.ts';

/** It stays this long after it became idle and the last client left, in milliseconds. */
const LINGER_MS = 10_000;
/** The worker for questions ends after this without a question, in milliseconds. */
const REST_MS = 40_000;
/** Changes within this are sent together, in milliseconds. */
const BATCH_MS = 150;

export class Presence implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #agent: Agent;
  readonly #object: AgentObject;
  readonly #jobs = new Map<number, JobObject>();
  readonly #delay: SleepDelay;
  #end: () => void = () => {};
  #clients = 0;
  #isOver = false;
  #updating: NodeJS.Timeout | undefined;
  #lingering: NodeJS.Timeout | undefined;
  #resting: NodeJS.Timeout | undefined;

  constructor(bus: Bus, agent: Agent, env: NodeJS.ProcessEnv, log: Log) {
    this.#bus = bus;
    this.#agent = agent;
    this.#object = new AgentObject(agent, env);
    this.#delay = new SleepDelay(env, log);
    bus.raw.export(BACKUP_PATH, this.#object);
    agent.on('change', () => this.#updateSoon());
    agent.on('end', () => {
      this.#update();
      if (this.#clients > 0) this.refresh();
    });
    agent.on('stopped', () => this.refresh());
  }

  /** Whether a client is there or work is left. */
  get isNeeded(): boolean {
    return this.#clients > 0 || !this.#agent.isIdle;
  }

  /** Resolves when nothing is left to do and no client is there. */
  idle(): Promise<'idle'> {
    return new Promise((resolve) => {
      this.#end = () => resolve('idle');
      this.#update();
    });
  }

  /** How many clients there are now. */
  setClients(count: number): void {
    if (count > 0) clearTimeout(this.#lingering);
    const isFirst = this.#clients === 0 && count > 0;
    this.#clients = count;
    if (isFirst) this.refresh();
    this.#updateSoon();
  }

  /** Reads the laptop's facts again, if there are clients to show them to. */
  refresh(): void {
    if (this.#clients === 0) return;
    void this.#agent.refreshFacts().catch(() => {}); // the earlier facts stay
    clearTimeout(this.#resting);
    if (!this.#isOver) this.#resting = setTimeout(() => this.#agent.rest(), REST_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const timer of [this.#updating, this.#lingering, this.#resting]) clearTimeout(timer);
    this.#delay.release();
  }

  #updateSoon(): void {
    this.#exportJobs();
    if (this.#isOver) return; // a timer would keep the process
    this.#updating ??= setTimeout(() => this.#update(), BATCH_MS);
  }

  #update(): void {
    clearTimeout(this.#updating);
    this.#updating = undefined;
    this.#exportJobs();
    this.#object.update();
    const { model, status, volume } = this.#agent.view;
    for (const job of model.jobs) this.#jobs.get(job.id)?.update(job);
    const isShowing = volume.state === 'opening' || volume.state === 'open';
    if (status.progress || isShowing) this.#delay.hold();
    else this.#delay.release();
    clearTimeout(this.#lingering);
    if (!this.isNeeded && !this.#isOver) this.#lingering = setTimeout(this.#end, LINGER_MS);
  }

  #exportJobs(): void {
    const { jobs } = this.#agent.view.model;
    const ids = new Set(jobs.map(({ id }) => id));
    for (const job of jobs) {
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
