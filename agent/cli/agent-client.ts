/**
 * The commands as the agent does them: `ds-backup` asks it over the session bus, where it is started if
 * it does not run, and follows its jobs (A12). With `--direct` they are done in this process instead.
 */
import dbus from 'dbus-next';
import {
  BACKUP_NAME,
  BACKUP_PATH,
  JOB_INTERFACE,
  METHODS,
  type MethodName,
  readBusError,
  unwrap,
} from '../../shared/backup-bus.ts';
import type { Clock } from '../../shared/clock.ts';
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import { Bus, DAEMON } from '../../shared/system/bus.ts';
import { findSessionBus } from '../journal/session-bus.ts';
import type { Progress } from '../progress.ts';

export type Values = Record<string, unknown>;

const AGENT = { name: BACKUP_NAME, path: BACKUP_PATH, face: BACKUP_NAME };
/** Looked at so often while a job is followed, in milliseconds. */
const LOOK_MS = 250;

export interface JobEnd {
  state: 'done' | 'failed' | 'cancelled' | 'waiting';
  summary: Record<string, number>;
  reasons: string[];
}

export interface FollowOptions {
  clock: Clock;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  /** Whether to stay while it waits for its turn; otherwise it goes on without us. */
  wait: boolean;
}

/** How long a job may wait for something before that is said, in milliseconds. */
const PATIENCE_MS = 3000;

export class AgentClient implements Disposable {
  readonly #bus: Bus;

  private constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Throws `datastore` where there is no session bus. */
  static async open(env: NodeJS.ProcessEnv): Promise<AgentClient> {
    return new AgentClient(await Bus.open(findSessionBus(env)));
  }

  /** Starts it if it does not run. Throws `missing-tool` where it cannot be started. */
  async wake(): Promise<void> {
    try {
      await this.#bus.call(DAEMON, 'StartServiceByName', 'su', [BACKUP_NAME, 0]);
    } catch (error) {
      throw explain(error);
    }
  }

  /** All its properties, as plain values. */
  async properties(): Promise<Values> {
    try {
      return unwrap(await this.#bus.properties(AGENT)) as Values;
    } catch (error) {
      throw explain(error);
    }
  }

  /** Calls a method; its values, as plain ones. */
  async ask(member: MethodName, ...body: unknown[]): Promise<unknown[]> {
    try {
      return unwrap(await this.#bus.call(AGENT, member, METHODS[member][0], body)) as unknown[];
    } catch (error) {
      throw explain(error);
    }
  }

  /** Follows a job to its end. A cancelled wait cancels the job. Throws what it failed with. */
  async follow(path: unknown, options: FollowOptions): Promise<JobEnd> {
    const { clock, signal, onProgress, wait } = options;
    const job = { name: BACKUP_NAME, path: String(path), face: JOB_INTERFACE };
    const stop = () => void this.#bus.call(job, 'Cancel').catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    let waitingSince: number | undefined;
    try {
      for (;;) {
        const values = unwrap(await this.#bus.properties(job)) as Values;
        const end = readEnd(values);
        if (end?.state === 'failed') throw failureOf(values.Problem as string[]);
        if (end) return end;
        onProgress(progressOf(values));
        const isWaiting = values.State === 'waiting';
        waitingSince = isWaiting ? (waitingSince ?? clock.monotonicMs()) : undefined;
        const waited = clock.monotonicMs() - (waitingSince ?? clock.monotonicMs());
        if (isWaiting && !wait && waited > PATIENCE_MS) {
          return { state: 'waiting', summary: {}, reasons: values.Reasons as string[] };
        }
        await clock.sleep(LOOK_MS);
      }
    } catch (error) {
      throw explain(error);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  [Symbol.dispose](): void {
    this.#bus[Symbol.dispose]();
  }
}

function readEnd({ State, Summary, Reasons }: Values): JobEnd | undefined {
  if (State !== 'done' && State !== 'failed' && State !== 'cancelled') return undefined;
  return {
    state: State,
    summary: Summary as Record<string, number>,
    reasons: Reasons as string[],
  };
}

function progressOf(values: Values): Progress {
  return {
    phase: (values.Phase || 'asking') as Progress['phase'],
    entriesDone: Number(values.EntriesDone),
    entriesTotal: Number(values.EntriesTotal),
    bytesDone: Number(values.BytesDone),
    bytesTotal: Number(values.BytesTotal),
  };
}

function failureOf([code = '', message = '', hint = '']: readonly string[]): DsError {
  return new DsError((code || 'internal') as ErrorCode, message, { hint });
}

/** An error of the bus in our words. */
function explain(error: unknown): unknown {
  if (!(error instanceof dbus.DBusError)) return error;
  const known = readBusError(error);
  if (known) return known;
  const [message = ''] = error.text.split('\n');
  if (/ServiceUnknown|Spawn|NoReply|NameHasNoOwner/.test(error.type)) {
    return new DsError('missing-tool', `the backup agent cannot be started: ${message}`, {
      hint: 'install the package, run "ds-backup agent" in the session, or use --direct',
      cause: error,
    });
  }
  return new DsError('internal', `the backup agent: ${message}`, { cause: error });
}
