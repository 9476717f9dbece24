/**
 * A laptop's power, network and sleep, as the test says: python3-dbusmock's UPower, NetworkManager and
 * logind on a private system bus.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import dbus from 'dbus-next';
import { Bus } from '../../shared/system/bus.ts';
import { waitFor } from '../runner/patience.ts';
import { type Daemon, startDaemon } from './processes.ts';

const MOCK = 'org.freedesktop.DBus.Mock';
const UPOWER = { name: 'org.freedesktop.UPower', path: '/org/freedesktop/UPower' };
const NETWORK = {
  name: 'org.freedesktop.NetworkManager',
  path: '/org/freedesktop/NetworkManager',
};
const LOGIND = { name: 'org.freedesktop.login1', path: '/org/freedesktop/login1' };
const PLACES = { upower: UPOWER, networkmanager: NETWORK, logind: LOGIND };
export type Service = keyof typeof PLACES;
const SERVICES = Object.keys(PLACES) as Service[];
/** NM_STATE_DISCONNECTED and NM_STATE_CONNECTED_LOCAL. */
const NETWORK_STATE = { down: 20, up: 50 };
/** UPower's kinds and states. */
const KIND_BATTERY = 2;
const DISCHARGING = 2;

/** Starts a program, perhaps in other surroundings. */
type Started = (command: string, args: readonly string[]) => [string, readonly string[]];

export class MachineEvents implements AsyncDisposable {
  readonly address: string;
  readonly #daemon: Daemon;
  readonly #mocks = new Map<Service, Daemon>();
  readonly #bus: Bus;
  readonly #launch: (...args: string[]) => Daemon;

  private constructor(
    address: string,
    daemon: Daemon,
    bus: Bus,
    launch: (...args: string[]) => Daemon,
  ) {
    this.address = address;
    this.#daemon = daemon;
    this.#bus = bus;
    this.#launch = launch;
  }

  /** On mains and in a network, as far as these services run. */
  static async start(
    folder: string,
    env: NodeJS.ProcessEnv,
    services: readonly Service[] = SERVICES,
    started: Started = (command, args) => [command, args],
  ): Promise<MachineEvents> {
    mkdirSync(folder, { recursive: true });
    const address = `unix:path=${join(folder, 'system-bus')}`;
    const words = ['--session', '--nofork', `--address=${address}`, '--print-address=1'];
    const daemon = startDaemon(...started('dbus-daemon', words), env);
    const mockEnv = { ...env, DBUS_SYSTEM_BUS_ADDRESS: address };
    const launch = (...args: string[]) => {
      const mock = ['-m', 'dbusmock', '--system', ...args];
      return startDaemon(...started('/usr/bin/python3', mock), mockEnv);
    };
    let events: MachineEvents | undefined;
    try {
      await daemon.line(/^unix:/);
      events = new MachineEvents(address, daemon, await Bus.open(address), launch);
      for (const one of services) await events.come(one);
      return events;
    } catch (error) {
      await (events?.[Symbol.asyncDispose]() ?? daemon.stop());
      throw error;
    }
  }

  /** The service starts: on mains, in a network. */
  async come(service: Service): Promise<void> {
    this.#mocks.set(service, this.#launch('--template', service));
    await this.#isThere(PLACES[service].name);
    if (service === 'upower') await this.mains();
    if (service === 'networkmanager') await this.network('up');
  }

  /** The service starts and answers errors to every question. */
  async comeBroken(service: Service): Promise<void> {
    const { name } = PLACES[service];
    this.#mocks.set(service, this.#launch(name, '/elsewhere', name));
    await this.#isThere(name);
  }

  async go(service: Service): Promise<void> {
    await this.#mocks.get(service)?.stop();
    this.#mocks.delete(service);
  }

  /** From now on the service answers nothing, or answers again. */
  freeze(service: Service, frozen = true): void {
    process.kill(this.#mocks.get(service)?.pid ?? 0, frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async mains(): Promise<void> {
    await this.#update(UPOWER, UPOWER.name, { OnBattery: ['b', false] });
  }

  async battery(percent: number): Promise<void> {
    const figures = [percent, 50, 100, -10, 3600n, 0n, true, 'battery', 1];
    const signature = 'uuddddxxbsu';
    const body = [KIND_BATTERY, DISCHARGING, ...figures];
    await this.#call(UPOWER, 'SetupDisplayDevice', signature, body);
    await this.#update(UPOWER, UPOWER.name, { OnBattery: ['b', true] });
  }

  async network(state: 'up' | 'down'): Promise<void> {
    await this.#update(NETWORK, NETWORK.name, { State: ['u', NETWORK_STATE[state]] });
  }

  /** Before sleep and after it. */
  async sleep(going: boolean): Promise<void> {
    const body = ['org.freedesktop.login1.Manager', 'PrepareForSleep', 'b'];
    await this.#call(LOGIND, 'EmitSignal', 'sssav', [...body, [new dbus.Variant('b', going)]]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bus[Symbol.dispose]();
    for (const mock of this.#mocks.values()) await mock.kill();
    await this.#daemon.stop();
  }

  async #isThere(name: string): Promise<void> {
    const daemon = { name: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' };
    await waitFor(`${name} on the bus`, async () => {
      const call = { ...daemon, iface: daemon.name };
      const [owned] = await this.#bus.call(call, 'NameHasOwner', 's', [name]);
      return owned;
    });
  }

  async #update(
    at: { name: string; path: string },
    iface: string,
    values: Record<string, [string, unknown]>,
  ): Promise<void> {
    const variants = Object.entries(values).map(([name, [type, value]]) => {
      return [name, new dbus.Variant(type, value)] as const;
    });
    const body = [iface, Object.fromEntries(variants)];
    await this.#call(at, 'UpdateProperties', 'sa{sv}', body);
  }

  async #call(
    at: { name: string; path: string },
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<void> {
    await this.#bus.call({ ...at, iface: MOCK }, member, signature, body);
  }
}
