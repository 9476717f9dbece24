/**
 * A D-Bus connection: calls with a time limit, properties, signals, and a promise that rejects when
 * the connection is lost. A thin layer over dbus-next, whose proxies would introspect every object.
 */
import type { Duplex } from 'node:stream';
import dbus, { type Message, type MessageBus } from 'dbus-next';
import { DsError } from '../errors.ts';
import { pickAddress } from './bus-address.ts';

export interface Target {
  name: string;
  path: string;
  iface: string;
}

const PROPERTIES = 'org.freedesktop.DBus.Properties';
/** The bus itself. */
export const DAEMON: Target = {
  name: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  iface: 'org.freedesktop.DBus',
};
/** How long to wait for an answer, in milliseconds. */
const TIMEOUT_MS = 25_000;

export class Bus implements Disposable {
  readonly raw: MessageBus;
  /** Rejects when the connection is lost; calls in progress reject with it. */
  readonly lost: Promise<never>;

  private constructor(raw: MessageBus) {
    this.raw = raw;
    this.lost = lossOf(raw).catch((cause: unknown) => {
      throw new DsError('internal', 'the connection to the bus is lost', { cause });
    });
    this.lost.catch(() => {}); // handled by those who wait for it
  }

  /** Connects. Throws `missing-tool` if nothing answers at the address, or at none of a list. */
  static async open(
    address: string,
    runtimeFolder?: string,
    timeoutMs: number = TIMEOUT_MS,
  ): Promise<Bus> {
    const raw = dbus.sessionBus({ busAddress: pickAddress(address, runtimeFolder) });
    const bus = new Bus(raw);
    const connected = new Promise<void>((resolve) => raw.once('connect', () => resolve()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('it does not answer')), timeoutMs);
    });
    try {
      await Promise.race([connected, bus.lost, late]);
      return bus;
    } catch (cause) {
      streamOf(raw).destroy();
      throw new DsError('missing-tool', `there is no D-Bus at ${address}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** The values of the answer. Throws the error of the other side, or `internal` on a time-out. */
  async call(
    { name, path, iface }: Target,
    member: string,
    signature = '',
    body: unknown[] = [],
  ): Promise<unknown[]> {
    const message = new dbus.Message({
      ...{ destination: name, path, interface: iface, member, signature, body },
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new DsError('internal', `${name} does not answer ${member}`);
      timer = setTimeout(() => reject(error), TIMEOUT_MS);
    });
    try {
      const answer = await Promise.race([this.raw.call(message), this.lost, late]);
      return answer?.body ?? [];
    } finally {
      clearTimeout(timer);
    }
  }

  /** All properties, as plain values. */
  async properties({ name, path, iface }: Target): Promise<Record<string, unknown>> {
    const [values] = await this.call({ name, path, iface: PROPERTIES }, 'GetAll', 's', [iface]);
    return plain(values as Variants);
  }

  /**
   * Calls `handle` for each such signal until the bus is closed. An empty `path` means any; with `about`, the
   * bus passes on only those whose first argument that is.
   */
  async onSignal(
    { path, iface }: Pick<Target, 'path' | 'iface'>,
    member: string,
    handle: (body: unknown[]) => void,
    about = '',
  ): Promise<void> {
    this.raw.on('message', (message: Message) => {
      const isIt = message.member === member && message.interface === iface;
      if (isIt && (path === '' || message.path === path)) handle(message.body);
    });
    const where = path === '' ? '' : `,path='${path}'`;
    const which = about === '' ? '' : `,arg0='${about}'`;
    await this.match(`type='signal',interface='${iface}',member='${member}'${where}${which}`);
  }

  /** Calls `handle` with the properties that changed; fetches them if only invalidated. */
  async onProperties(
    target: Target,
    handle: (changed: Record<string, unknown>) => void,
  ): Promise<void> {
    const signal = { path: target.path, iface: PROPERTIES };
    await this.onSignal(signal, 'PropertiesChanged', ([iface, changed, invalidated]) => {
      if (iface !== target.iface) return;
      handle(plain(changed as Variants));
      if ((invalidated as string[]).length === 0) return;
      void this.properties(target).then(handle, () => {});
    });
  }

  async match(rule: string): Promise<void> {
    await this.call(DAEMON, 'AddMatch', 's', [rule]);
  }

  async unmatch(rule: string): Promise<void> {
    await this.call(DAEMON, 'RemoveMatch', 's', [rule]);
  }

  [Symbol.dispose](): void {
    this.raw.disconnect();
  }
}

/** Rejects when the connection fails or ends, which dbus-next tells nobody who asks nothing. */
export function lossOf(bus: MessageBus): Promise<never> {
  const stream = streamOf(bus);
  const loss = new Promise<never>((_, reject) => {
    bus.on('error', reject);
    stream.once('close', () => reject(new Error('the other side ended it')));
  });
  loss.catch(() => {});
  return loss;
}

function streamOf(bus: MessageBus): Duplex {
  return (bus as unknown as { _connection: { stream: Duplex } })._connection.stream;
}

type Variants = Record<string, { value: unknown }>;

function plain(variants: Variants): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variants).map(([name, { value }]) => [name, value]));
}
