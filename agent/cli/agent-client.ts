/**
 * The commands as the agent does them: `ds-backup` asks it over the session bus, where it is started if
 * it does not run, and follows its jobs (A12). With `--direct` they are done in this process instead.
 */
import dbus from 'dbus-next';
import type { Clock } from '../../shared/clock.ts';
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import { Bus, DAEMON } from '../../shared/system/bus.ts';
import { NAME, PATH } from '../bus/names.ts';
import { findSessionBus } from '../journal/session-bus.ts';
import type { Progress } from '../progress.ts';

export type Values = Record<string, unknown>;

const AGENT = { name: NAME, path: PATH, face: NAME };
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
      await this.#bus.call(DAEMON, 'StartServiceByName', 'su', [NAME, 0]);
    } catch (error) {
      throw explain(error);
    }
  }

  /** All its properties, as plain values. */
  async properties(): Promise<Values> {
    try {
      return simple(await this.#bus.properties(AGENT)) as Values;
    } catch (error) {
      throw explain(error);
    }
  }

  /** Calls a method; its values, as plain ones. */
  async ask(member: string, signature = '', body: unknown[] = []): Promise<unknown[]> {
    try {
      return simple(await this.#bus.call(AGENT, member, signature, body)) as unknown[];
    } catch (error) {
      throw explain(error);
    }
  }

  /** Follows a job to its end. A cancelled wait cancels the job. Throws what it failed with. */
  async follow(path: unknown, options: FollowOptions): Promise<JobEnd> {
    const { clock, signal, onProgress, wait } = options;
    const job = { name: NAME, path: String(path), face: `${NAME}.Job` };
    const stop = () => void this.#bus.call(job, 'Cancel').catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    let waitingSince: number | undefined;
    try {
      for (;;) {
        const values = simple(await this.#bus.properties(job)) as Values;
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

const ERROR = new RegExp(`^${NAME.replaceAll('.', '\\.')}\\.Error\\.(\\w+)$`);

/** An error of the bus in our words. */
function explain(error: unknown): unknown {
  if (!(error instanceof dbus.DBusError)) return error;
  const code = ERROR.exec(error.type)?.[1];
  const [message = '', hint] = error.text.split('\n');
  if (code) {
    const ours = code.replace(/(?!^)([A-Z])/g, '-$1').toLowerCase() as ErrorCode;
    return new DsError(ours, message, hint === undefined ? {} : { hint });
  }
  if (/ServiceUnknown|Spawn|NoReply|NameHasNoOwner/.test(error.type)) {
    return new DsError('missing-tool', `the backup agent cannot be started: ${message}`, {
      hint: 'install the package, run "ds-backup agent" in the session, or use --direct',
      cause: error,
    });
  }
  return new DsError('internal', `the backup agent: ${message}`, { cause: error });
}

/** Variants and 64-bit numbers as plain values: nothing here is larger than 2^53. */
function simple(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof dbus.Variant) return simple(value.value);
  if (Array.isArray(value)) return value.map(simple);
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, simple(one)]));
}
