/**
 * A job on the bus: its properties, its end, and Cancel.
 */
import { JOB_INTERFACE, JOB_PROPERTIES, jobPath } from '../../shared/backup-bus.ts';
import type { Job } from '../rules/jobs.ts';
import type { Agent } from '../service/agent.ts';
import { BusObject, readOnlyProperties } from './bus-object.ts';
import { type ShownJob, showJob } from './properties.ts';

export class JobObject extends BusObject<ShownJob> {
  readonly path: string;
  readonly #agent: Agent;
  readonly #id: number;

  constructor(agent: Agent, job: Job) {
    super(JOB_INTERFACE, showJob(agent, job));
    this.#agent = agent;
    this.#id = job.id;
    this.path = jobPath(job.id);
  }

  /** Tells what changed, and once that it ended. */
  update(job: Job): void {
    const changed = this.show(showJob(this.#agent, job));
    if (changed.includes('State') && job.end) this.Finished(job.end);
  }

  Cancel(): void {
    this.#agent.cancel(this.#id);
  }

  Finished(state: string): string {
    return state;
  }

  static {
    JobObject.configureMembers({
      properties: readOnlyProperties(JobObject.prototype, JOB_PROPERTIES),
      methods: { Cancel: {} },
      signals: { Finished: { signature: 's' } },
    });
  }
}
