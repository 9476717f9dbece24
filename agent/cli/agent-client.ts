/**
 * The backend that asks the agent over the session bus, where D-Bus starts it if it does not run, and
 * follows its jobs.
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
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import { Bus, DAEMON } from '../../shared/system/bus.ts';
import type { Context } from '../context.ts';
import { findSessionBus } from '../journal/session-bus.ts';
import type { Progress } from '../progress.ts';
import type { Backend, JobEnd, JobRequest, PinList, Place, Values } from './backend.ts';

export type FollowContext = Pick<Context, 'env' | 'clock' | 'signal' | 'onProgress'>;

const AGENT = { name: BACKUP_NAME, path: BACKUP_PATH, iface: BACKUP_NAME };
/** How often the properties of a job are read while it is followed, in milliseconds. */
const POLL_MS = 250;
/** How long a job may wait before the command leaves it to the agent, in milliseconds. */
const PATIENCE_MS = 3000;
/** Entries per call. */
const PAGE = 500;

export class AgentClient implements Backend {
  readonly #bus: Bus;
  readonly #context: FollowContext;
  /** Whether to stay while a job waits; otherwise it continues without us. */
  readonly #wait: boolean;

  private constructor(bus: Bus, context: FollowContext, wait: boolean) {
    this.#bus = bus;
    this.#context = context;
    this.#wait = wait;
  }

  /** Throws `datastore` where there is no session bus. */
  static async open(context: FollowContext, wait: boolean): Promise<AgentClient> {
    const bus = await Bus.open(findSessionBus(context.env), context.env.XDG_RUNTIME_DIR);
    return new AgentClient(bus, context, wait);
  }

  /** Starts the agent if it does not run. Throws `missing-tool` where it cannot be started. */
  async wake(): Promise<void> {
    await explained(this.#bus.call(DAEMON, 'StartServiceByName', 'su', [BACKUP_NAME, 0]));
  }

  /** Calls a method; its values, as plain ones. */
  async call(method: MethodName, ...body: unknown[]): Promise<unknown[]> {
    const [signature] = METHODS[method];
    return unwrap(await explained(this.#bus.call(AGENT, method, signature, body))) as unknown[];
  }

  /** Calls a method that starts a job; the job's path. */
  async start(method: MethodName, ...body: unknown[]): Promise<string> {
    const [path] = await this.call(method, ...body);
    return String(path);
  }

  async run({ kind, of, snapshot, entry }: JobRequest): Promise<JobEnd> {
    switch (kind) {
      case 'backup':
        return this.follow(await this.start('BackUpNow'));
      case 'restore':
        return this.follow(await this.start('RestoreAll', of, snapshot));
      case 'restore-entry':
        return this.follow(await this.start('RestoreEntry', of, snapshot, entry));
      case 'keep':
        return this.follow(await this.start('KeepAtSchool', entry));
      case 'fetch':
        return this.follow(await this.start('FetchBack', entry));
      default:
        return kind satisfies never;
    }
  }

  async status(): Promise<Values> {
    await this.call('Refresh');
    return this.#properties(BACKUP_PATH, BACKUP_NAME);
  }

  /** Of the day in the Journal: how many entries it does not show, by their reasons. */
  async leftOut(): Promise<number[]> {
    const { LeftOut } = await this.#properties(BACKUP_PATH, BACKUP_NAME);
    return LeftOut as number[];
  }

  async laptops(): Promise<Values[]> {
    return this.#rows('ListLaptops');
  }

  async snapshots(of: string): Promise<Values[]> {
    return this.#rows('ListDays', of);
  }

  async entries({ of, snapshot }: Place, search: string): Promise<Values[]> {
    const entries: Values[] = [];
    for (;;) {
      const from = entries.length;
      const [total, page] = await this.call('ListEntries', of, snapshot, search, from, PAGE);
      entries.push(...(page as Values[]));
      if (entries.length >= Number(total) || (page as Values[]).length === 0) return entries;
    }
  }

  async plan({ of, snapshot }: Place): Promise<Values> {
    const [plan] = await this.call('PlanRestore', of, snapshot);
    return plan as Values;
  }

  async pins(): Promise<PinList> {
    const [pins, used, limit] = await this.call('ListPins');
    return { pins: pins as Values[], used: Number(used), limit: Number(limit) };
  }

  async pin(uid: string, snapshot: string | null): Promise<'done' | 'later'> {
    const called = snapshot === null ? this.call('Unpin', uid) : this.call('Pin', snapshot, uid);
    const [when] = await called;
    return when === 'later' ? 'later' : 'done';
  }

  async offers(): Promise<Values[]> {
    return this.#rows('ListClassOffers');
  }

  async offer(uid: string, snapshot: string): Promise<string> {
    const [state] = await this.call('OfferToClass', snapshot, uid);
    return String(state);
  }

  async takeBack(uid: string): Promise<void> {
    await this.call('TakeBackFromClass', uid, '');
  }

  async kept(): Promise<Values[]> {
    return this.#rows('ListAtSchool');
  }

  async standings(): Promise<Values[]> {
    return this.#rows('ListStandings');
  }

  async webLink(): Promise<string> {
    const [url] = await this.call('WebLink');
    return String(url);
  }

  /**
   * Follows a job to its end, or until it has waited for a while. Throws what it failed with. When the
   * command is cancelled, the job is.
   */
  async follow(path: string): Promise<JobEnd> {
    const { clock, signal, onProgress } = this.#context;
    const job = { name: BACKUP_NAME, path, iface: JOB_INTERFACE };
    const stop = () => void this.#bus.call(job, 'Cancel').catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    let waitingSince: number | undefined;
    try {
      for (;;) {
        const values = await this.#properties(path, JOB_INTERFACE);
        const end = readEnd(values);
        if (end) {
          signal.throwIfAborted();
          return end;
        }
        onProgress(progressOf(values));
        const reasons = values.Reasons as string[];
        // Without a reason it is about to begin, or somebody is slow.
        const isWaiting = values.State === 'waiting' && reasons.length > 0 && !this.#wait;
        const nowMs = clock.monotonicMs();
        waitingSince = isWaiting ? (waitingSince ?? nowMs) : undefined;
        if (waitingSince !== undefined && nowMs - waitingSince > PATIENCE_MS) {
          return { state: 'waiting', kind: String(values.Kind), summary: {}, reasons, details: {} };
        }
        await clock.sleep(POLL_MS);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bus[Symbol.dispose]();
  }

  async #rows(method: MethodName, ...body: unknown[]): Promise<Values[]> {
    const [rows] = await this.call(method, ...body);
    return rows as Values[];
  }

  async #properties(path: string, iface: string): Promise<Values> {
    return unwrap(
      await explained(this.#bus.properties({ name: BACKUP_NAME, path, iface })),
    ) as Values;
  }
}

/** Undefined while the job is live. Throws what it failed with. */
function readEnd({ State, Kind, Summary, Problem }: Values): JobEnd | undefined {
  switch (State) {
    case 'failed': {
      const [code, message, hint] = Problem as [ErrorCode, string, string];
      throw new DsError(code || 'internal', message, { hint });
    }
    case 'done':
    case 'cancelled':
      return {
        ...{ state: State, kind: String(Kind), summary: Summary as JobEnd['summary'] },
        ...{ reasons: [], details: {} },
      };
    default:
      return undefined;
  }
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

/** What a call returned; its error as one of ours. */
async function explained<T>(calling: Promise<T>): Promise<T> {
  try {
    return await calling;
  } catch (error) {
    throw explain(error);
  }
}

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
