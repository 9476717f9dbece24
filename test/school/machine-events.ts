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

export class MachineEvents implements AsyncDisposable {
  readonly address: string;
  readonly #daemons: Daemon[];
  readonly #bus: Bus;

  private constructor(address: string, daemons: Daemon[], bus: Bus) {
    this.address = address;
    this.#daemons = daemons;
    this.#bus = bus;
  }

  /** On mains and in a network, as far as these services run. */
  static async start(
    folder: string,
    env: NodeJS.ProcessEnv,
    services: readonly Service[] = SERVICES,
    started: (command: string, args: readonly string[]) => [string, readonly string[]] = (
      command,
      args,
    ) => [command, args],
  ): Promise<MachineEvents> {
    mkdirSync(folder, { recursive: true });
    const address = `unix:path=${join(folder, 'system-bus')}`;
    const words = ['--session', '--nofork', `--address=${address}`, '--print-address=1'];
    const daemon = startDaemon(...started('dbus-daemon', words), env);
    const daemons = [daemon];
    try {
      await daemon.line(/^unix:/);
      const mockEnv = { ...env, DBUS_SYSTEM_BUS_ADDRESS: address };
      for (const template of services) {
        const args = ['-m', 'dbusmock', '--system', '--template', template];
        daemons.push(startDaemon(...started('/usr/bin/python3', args), mockEnv));
      }
      const bus = await Bus.open(address);
      const events = new MachineEvents(address, daemons, bus);
      for (const one of services) await events.#isThere(PLACES[one].name);
      if (services.includes('upower')) await events.mains();
      if (services.includes('networkmanager')) await events.network('up');
      return events;
    } catch (error) {
      for (const one of daemons) await one.stop();
      throw error;
    }
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
    for (const daemon of this.#daemons.reverse()) await daemon.stop();
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
