/**
 * A job on the bus: its properties, `Cancel`, and the signal `Finished`.
 */
import { JOB_INTERFACE, JOB_PROPERTIES, jobPath } from '../../shared/backup-bus.ts';
import type { Job } from '../rules/jobs.ts';
import type { Agent } from '../service/agent.ts';
import { BusObject, readOnlyProperties } from './bus-object.ts';
import { type JobProperties, jobProperties } from './properties.ts';

export class JobObject extends BusObject<JobProperties> {
  readonly path: string;
  readonly #agent: Agent;
  readonly #id: number;

  constructor(agent: Agent, job: Job) {
    super(JOB_INTERFACE, jobProperties(agent.view, job));
    this.#agent = agent;
    this.#id = job.id;
    this.path = jobPath(job.id);
  }

  /** Emits what changed, and `Finished` once when the job has ended. */
  update(job: Job): void {
    const changed = this.show(jobProperties(this.#agent.view, job));
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
