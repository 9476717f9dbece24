/**
 * A service on a private bus that says what the test wants, answers errors, or does not answer at all.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import dbus, { type Message } from 'dbus-next';
import { Bus, type Target } from '../../../shared/system/bus.ts';

const PROPERTIES = 'org.freedesktop.DBus.Properties';

export interface PrivateBus extends AsyncDisposable {
  address: string;
  open(): Promise<Bus>;
}

/** A dbus-daemon of its own, at the address of an earlier one if given; connections that `open` gave end with it. */
export async function startPrivateBus(earlier?: string): Promise<PrivateBus> {
  const where = earlier ? [`--address=${earlier.replace(/,guid=.*/, '')}`] : [];
  const args = ['--session', '--nofork', '--print-address=1', ...where];
  const daemon = spawn('dbus-daemon', args, {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const printed = await new Promise<string>((resolve, reject) => {
    createInterface({ input: daemon.stdout }).once('line', resolve);
    daemon.once('error', reject);
  });
  const address = printed.replace(/,guid=.*/, '');
  const opened: Bus[] = [];
  const open = async () => {
    const bus = await Bus.open(address);
    opened.push(bus);
    return bus;
  };
  const stop = async () => {
    for (const one of opened) one[Symbol.dispose]();
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    if (daemon.exitCode === null && daemon.signalCode === null) {
      daemon.kill('SIGTERM');
      await ended;
    }
  };
  return { address, open, [Symbol.asyncDispose]: stop };
}

export type Mood = 'answers' | 'errors' | 'silent';

/** Signatures and values by name. */
type Facts = Record<string, [string, unknown]>;

export class FakeService {
  readonly #bus: Bus;
  readonly #name: string;
  readonly #facts = new Map<string, Facts>();
  mood: Mood = 'answers';
  /** How often it was asked. */
  asked = 0;

  private constructor(bus: Bus, name: string) {
    this.#bus = bus;
    this.#name = name;
  }

  /** Not on the bus yet. */
  static async make(at: PrivateBus, name: string): Promise<FakeService> {
    const service = new FakeService(await at.open(), name);
    const { raw } = service.#bus;
    raw.addMethodHandler((call: Message) => {
      if (call.member !== 'GetAll') return false;
      service.asked += 1;
      if (service.mood === 'silent') return true;
      if (service.mood === 'errors') {
        raw.send(refusal(call));
        return true;
      }
      const facts = service.#facts.get(`${call.path} ${call.body[0]}`) ?? {};
      raw.send(dbus.Message.newMethodReturn(call, 'a{sv}', [variants(facts)]));
      return true;
    });
    return service;
  }

  async come(): Promise<void> {
    await this.#bus.raw.requestName(this.#name, dbus.NameFlag.DO_NOT_QUEUE);
  }

  async go(): Promise<void> {
    await this.#bus.raw.releaseName(this.#name);
  }

  /** What it says when it is asked; announced if `loudly`. */
  say({ path, iface }: Target, facts: Facts, loudly = true): void {
    const key = `${path} ${iface}`;
    this.#facts.set(key, { ...this.#facts.get(key), ...facts });
    if (!loudly) return;
    this.signal(path, PROPERTIES, 'PropertiesChanged', 'sa{sv}as', [iface, variants(facts), []]);
  }

  signal(path: string, iface: string, member: string, signature: string, body: unknown[]): void {
    const { raw } = this.#bus;
    raw.send(dbus.Message.newSignal(path, iface, member, signature, body));
  }
}

/** The types of dbus-next have its `newError` wrong. */
function refusal({ serial, sender }: Message): Message {
  return new dbus.Message({
    ...{ type: dbus.MessageType.ERROR, replySerial: serial, destination: sender },
    errorName: 'org.freedesktop.DBus.Error.Failed',
    ...{ signature: 's', body: ['not today'] },
  } as never);
}

function variants(facts: Facts): Record<string, dbus.Variant> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, [type, value]]) => [name, new dbus.Variant(type, value)]),
  );
}
