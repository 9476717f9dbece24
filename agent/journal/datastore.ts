/**
 * Sugar's datastore over the session bus: the only file of the agent that calls it. The bus starts it when
 * it does not run.
 */
import dbus, { type Message, type MessageBus } from 'dbus-next';
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import { lossOf } from '../../shared/system/bus.ts';
import { pickAddress } from '../../shared/system/bus-address.ts';
import { FULL_HINT } from '../context.ts';
import { findSessionBus, noBus } from './session-bus.ts';

const NAME = 'org.laptop.sugar.DataStore';
const PATH = '/org/laptop/sugar/DataStore';
/** The first call may start the datastore, which may rebuild its index, in milliseconds. */
const TIMEOUT_MS = 120_000;
/** How long to wait for the answer to a call after a stop, in milliseconds. */
const GRACE_MS = 1000;

export class Datastore implements AsyncDisposable {
  readonly #bus: MessageBus;
  readonly #signal: AbortSignal;
  readonly #broken: Promise<never>;

  /** Throws `datastore` where there is no session bus. */
  constructor(env: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#signal = signal;
    try {
      const busAddress = pickAddress(findSessionBus(env), env.XDG_RUNTIME_DIR);
      this.#bus = dbus.sessionBus({ busAddress });
    } catch (cause) {
      throw asDsError(cause).code === 'datastore' ? cause : noBus(cause);
    }
    this.#broken = lossOf(this.#bus).catch((cause: unknown) => {
      throw noBus(cause);
    });
    this.#broken.catch(() => {}); // thrown by the call under way, or by the next one
  }

  /** Whether it runs, without starting it. */
  async isRunning(): Promise<boolean> {
    const body = [NAME];
    const call = {
      ...{ destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' },
      body,
    };
    const iface = { interface: 'org.freedesktop.DBus', member: 'NameHasOwner', signature: 's' };
    const [isOwned] = await this.#send(new dbus.Message({ ...call, ...iface }));
    return isOwned === true;
  }

  /** The number of entries. */
  async count(): Promise<number> {
    const query = { limit: new dbus.Variant('i', 1) };
    const [, count] = await this.#call('find', 'a{sv}as', [query, ['uid']]);
    return Number(count);
  }

  /** The entries it shows. */
  async uids(): Promise<Set<Uid>> {
    const [found] = await this.#call('find', 'a{sv}as', [{}, ['uid']]);
    const entries = found as { uid?: { value: unknown } }[];
    return new Set(entries.map(({ uid }) => String(uid?.value) as Uid));
  }

  /** The number of entries in its index; 0 while it is being rebuilt. */
  async indexed(): Promise<number> {
    const [uids] = await this.#call('find_ids', 'a{sv}', [{}]);
    return (uids as unknown[]).length;
  }

  /**
   * Makes it rebuild its index from the disk, which it does whenever a query fails: this one has a time
   * that is not a number. Meanwhile it answers from the disk. Read rebuild-hazard.ts before calling this.
   */
  async rebuildIndex(): Promise<void> {
    const query = { timestamp: new dbus.Variant('s', 'rebuild') };
    await this.#call('find', 'a{sv}as', [query, ['uid']]);
  }

  /**
   * Writes an entry, new or not, with this uid and its own dates. `file` is the content, which the
   * datastore takes over; empty for an entry without content, or to leave the content as it is.
   */
  async update(
    uid: Uid,
    properties: ReadonlyMap<string, string | Buffer>,
    file: string,
  ): Promise<void> {
    const values: Record<string, unknown> = {}; // dbus-next takes no other kind of object
    for (const [name, value] of properties) {
      values[name] = new dbus.Variant(typeof value === 'string' ? 's' : 'ay', value);
    }
    await this.#call('update', 'sa{sv}sb', [uid, values, file, true]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bus.disconnect();
  }

  #call(member: string, signature: string, body: unknown[]): Promise<unknown[]> {
    const to = { destination: NAME, path: PATH, interface: NAME };
    return this.#send(new dbus.Message({ ...to, member, signature, body }));
  }

  async #send(message: Message): Promise<unknown[]> {
    this.#signal.throwIfAborted();
    const { member = '' } = message;
    let stop = () => {};
    const timers: NodeJS.Timeout[] = [];
    const tooLong = new Promise<never>((_, reject) => {
      const rejectAfter = (ms: number, error: unknown) => {
        timers.push(setTimeout(() => reject(error), ms));
      };
      const error = new DsError('datastore', `Sugar's datastore does not answer ${member}`);
      rejectAfter(TIMEOUT_MS, error);
      stop = () => rejectAfter(GRACE_MS, this.#signal.reason);
      this.#signal.addEventListener('abort', stop, { once: true });
    });
    try {
      const answer: Message | null = await Promise.race([
        this.#bus.call(message),
        tooLong,
        this.#broken,
      ]);
      return answer?.body ?? [];
    } catch (cause) {
      throw this.#signal.aborted ? this.#signal.reason : explainDatastore(member, cause);
    } finally {
      this.#signal.removeEventListener('abort', stop);
      for (const timer of timers) clearTimeout(timer);
    }
  }
}

/** An error from the datastore as one of ours. */
function explainDatastore(member: string, cause: unknown): DsError {
  if (cause instanceof DsError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/No space left|Errno 28\b|ENOSPC/i.test(text)) {
    return new DsError('laptop-full', 'the disk of this laptop is full', {
      hint: FULL_HINT,
      cause,
    });
  }
  const last = text.trim().split('\n').at(-1) ?? '';
  return new DsError('datastore', `Sugar's datastore: ${member}: ${last.slice(0, 300)}`, { cause });
}
