/**
 * A child's laptop with a screen, in a real school: Sugar's shell, the installed activity, the real
 * agent started by D-Bus, a real server. What the Journal holds is asked of Sugar's own datastore.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Variant } from 'dbus-next';
import { distFolder, startNode } from '../../bundle/build.ts';
import { buildXo } from '../../bundle/xo.ts';
import { BACKUP_NAME, BACKUP_PATH } from '../../shared/backup-bus.ts';
import { Bus, type Target } from '../../shared/system/bus.ts';
import { generateJournal } from '../journal/generator.ts';
import { MachineEvents, type Service } from '../school/machine-events.ts';
import { type School, startSchool } from '../school/school.ts';
import { hold, senders } from '../school/senders.ts';
import { type Desktop, type DesktopOptions, startDesktop } from './desktop.ts';
import { ScreenReader } from './screen-reader.ts';

export interface SchoolDesktopOptions extends DesktopOptions {
  entries: number;
  /** Of the transfer, in KiB a second: slow enough to do something in the middle. */
  bandwidth?: number;
  /** The extension of Sugar's Journal is installed for this child, and finds these words from another day. */
  classMenu?: object;
}

const DATASTORE: Target = {
  name: 'org.laptop.sugar.DataStore',
  path: '/org/laptop/sugar/DataStore',
  iface: 'org.laptop.sugar.DataStore',
};
const AGENT: Target = { name: BACKUP_NAME, path: BACKUP_PATH, iface: BACKUP_NAME };
const DAEMON: Target = {
  name: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  iface: 'org.freedesktop.DBus',
};

export class SchoolDesktop implements AsyncDisposable {
  readonly desktop: Desktop;
  readonly school: School;
  readonly screen: ScreenReader;
  readonly bus: Bus;

  private constructor(desktop: Desktop, school: School, bus: Bus) {
    this.desktop = desktop;
    this.school = school;
    this.bus = bus;
    this.screen = new ScreenReader(desktop);
  }

  static async start(options: SchoolDesktopOptions): Promise<SchoolDesktop> {
    const school = await startSchool({ laptops: 0 });
    let desktop: Desktop | undefined;
    try {
      const prepare = (child: Desktop) => prepareLaptop(child, school, options);
      desktop = await startDesktop({ ...options, prepare });
      const bus = await Bus.open(desktop.env.DBUS_SESSION_BUS_ADDRESS ?? '');
      return new SchoolDesktop(desktop, school, bus);
    } catch (error) {
      await desktop?.[Symbol.asyncDispose]();
      await school[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Installs the `.xo` as a child or a teacher does. */
  async install(): Promise<void> {
    const xo = await buildXo(join(this.desktop.folder, 'xo'));
    await this.desktop.must('sugar-install-bundle', xo);
  }

  /** What the agent says of itself now; starts it if it does not run. */
  agent(): Promise<Record<string, unknown>> {
    return this.bus.properties(AGENT);
  }

  /** Calls a method of the agent; the answer's first value. */
  async ask(member: string, signature = '', body: unknown[] = []): Promise<unknown> {
    const [first] = await this.bus.call(AGENT, member, signature, body);
    return first;
  }

  /** Power, network and sleep as the test says; before the agent is called for the first time. */
  async machineEvents(services: readonly Service[]): Promise<MachineEvents> {
    const { desktop } = this;
    // A bus of the child's, on which the test may speak too.
    const config = `--config-file=${join(desktop.folder, 'bus.conf')}`;
    const events = await MachineEvents.start(
      desktop.makeFolder('home/system'),
      desktop.env,
      services,
      (command, args) => {
        const words = args.map((word) => (word === '--session' ? config : word));
        return desktop.asChild(command, words);
      },
    );
    const env = { DBUS_SYSTEM_BUS_ADDRESS: events.address };
    await this.bus.call(DAEMON, 'UpdateActivationEnvironment', 'a{ss}', [env]);
    return events;
  }

  /** What the agent has logged. */
  agentLog(): string {
    return readFileSync(join(this.desktop.profile, 'agent.log'), 'utf8');
  }

  /** The agent's process. */
  async agentPid(): Promise<number> {
    const [pid] = await this.bus.call(DAEMON, 'GetConnectionUnixProcessID', 's', [AGENT.name]);
    return Number(pid);
  }

  /** The bus reads anew what it starts for whom. */
  async reloadServices(): Promise<void> {
    await this.bus.call(DAEMON, 'ReloadConfig', '', []);
  }

  /** Stops what the server sends now until disposed. Undefined when nothing is. */
  holdSending(): Disposable | undefined {
    return hold(senders(this.school.server));
  }

  /** Who can be called on the session's bus. */
  async busNames(): Promise<string[]> {
    const [names] = await this.bus.call(DAEMON, 'ListNames', '', []);
    return names as string[];
  }

  /** The Journal's entries that fit, with these properties. */
  async entries(
    query: Record<string, string> = {},
    properties = ['uid', 'title', 'activity', 'timestamp'],
  ): Promise<Record<string, string>[]> {
    const wanted = Object.entries(query).map(([name, value]) => [name, new Variant('s', value)]);
    const body = [Object.fromEntries(wanted), properties];
    const [found] = await this.bus.call(DATASTORE, 'find', 'a{sv}as', body);
    const text = (value: unknown) =>
      Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
    return (found as Record<string, { value: unknown }>[]).map((entry) =>
      Object.fromEntries(Object.entries(entry).map(([name, { value }]) => [name, text(value)])),
    );
  }

  async datastore(member: string, signature: string, ...body: unknown[]): Promise<unknown> {
    const [first] = await this.bus.call(DATASTORE, member, signature, body);
    return first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.bus[Symbol.dispose]();
    await this.desktop[Symbol.asyncDispose]();
    await this.school[Symbol.asyncDispose]();
  }
}

/** Journal, settings, and the agent where D-Bus finds it. */
function prepareLaptop(child: Desktop, school: School, options: SchoolDesktopOptions): void {
  child.makeFolder('home/Activities');
  generateJournal(join(child.profile, 'datastore'), { entries: options.entries, seed: 11 });
  const settings = `spreadSeconds = 0\nbandwidth = ${options.bandwidth ?? 0}\n`;
  child.writeFile('home/.sugar/default/ds-backup/config.toml', settings);
  child.copyIn(distFolder, 'program');
  const start = child.copyIn(startNode, 'start-node');
  const program = join(child.folder, 'program/ds-backup.mjs');
  const where = `--profile ${child.profile} --server ${school.server.url}`;
  const exec = `${start} ${program} agent ${where}`;
  child.writeFile(
    `home/.local/share/dbus-1/services/${AGENT.name}.service`,
    `[D-BUS Service]\nName=${AGENT.name}\nExec=/bin/sh -c "exec ${exec} 2>>${child.profile}/agent.log"\n`,
  );
  if (options.classMenu) installClassMenu(child, options.classMenu);
  child.giveToChild('home');
}

/** As the package does for all users; Sugar looks into the child's own folder first. */
function installClassMenu(child: Desktop, words: object): void {
  const folder = 'home/.sugar/default/extensions/webservice';
  const source = (name: string) =>
    readFileSync(new URL(`../../bundle/laptop/class-menu/${name}`, import.meta.url), 'utf8');
  child.writeFile(
    `${folder}/__init__.py`,
    'from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n',
  );
  // What is said stays until a slow machine has looked at it.
  const patient = source('account.py').replace(/^SHOWN_S = \d+$/m, 'SHOWN_S = 3600');
  child.writeFile(`${folder}/ds_backup/account.py`, patient);
  child.writeFile(`${folder}/ds_backup/ds_backup/ds_backup.py`, source('ds_backup.py'));
  child.writeFile('home/.sugar/default/ds-backup/class-menu', JSON.stringify(words));
}
