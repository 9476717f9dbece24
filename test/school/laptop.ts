/**
 * A laptop in a temporary folder: a profile, a private session bus and Sugar's real datastore on it.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import dbus, { type MessageBus, type Variant } from 'dbus-next';
import { distFolder } from '../../bundle/build.ts';
import { DAEMON } from '../../shared/system/bus.ts';
import { Patience, waitFor } from '../runner/patience.ts';
import { type Daemon, startDaemon } from './processes.ts';
import { testEnvironment } from './server.ts';

/** Sugar's datastore ends much sooner. */
const STOP_MS = 5000;
const DATASTORE = 'org.laptop.sugar.DataStore';

export interface Finished {
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  failpoint?: string;
  /** Ends it with SIGTERM when this fires. */
  signal?: AbortSignal;
  /** A program that runs it, with its first arguments. */
  inside?: readonly string[];
}

export class Laptop implements AsyncDisposable {
  readonly home: string;
  readonly profile: string;
  /** The Journal on the disk. */
  readonly journal: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #serverUrl: () => string;
  #bus: Daemon | undefined;

  constructor(folder: string, name: string, serverUrl: () => string) {
    this.home = join(folder, name);
    this.profile = join(this.home, '.sugar', 'default');
    this.journal = join(this.profile, 'datastore');
    this.#serverUrl = serverUrl;
    mkdirSync(this.profile, { recursive: true });
    mkdirSync(join(this.home, 'run'), { mode: 0o700 });
    this.env = {
      ...testEnvironment(),
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`, // for bundle/start-node
      HOME: this.home,
      TMPDIR: '/tmp',
      XDG_RUNTIME_DIR: join(this.home, 'run'),
      XDG_CONFIG_HOME: join(this.home, '.config'),
      XDG_CACHE_HOME: join(this.home, '.cache'),
      XDG_DATA_HOME: join(this.home, '.local'),
      GSETTINGS_BACKEND: 'keyfile',
    };
  }

  get serial(): string {
    return readFileSync(join(this.profile, 'identifiers', 'sn'), 'utf8');
  }

  /** The flags that tell `ds-backup` and its agent where its profile and its server are. */
  where(): string[] {
    return ['--profile', this.profile, '--server', this.#serverUrl()];
  }

  /** Runs `ds-backup` with these arguments to its end, without the agent. */
  backup(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
    const program = join(distFolder, 'ds-backup.mjs');
    const { inside = [] } = options;
    const words = [process.execPath, program, ...args, '--direct', ...this.where()];
    const [command = '', ...rest] = [...inside, ...words];
    return this.run(command, rest, options);
  }

  /** Runs any program in the laptop's environment, the session bus included if it was started. */
  async run(
    command: string,
    args: readonly string[],
    options: CommandOptions = {},
  ): Promise<Finished> {
    const { failpoint } = options;
    const env = { ...this.env, ...(failpoint && { DS_BACKUP_FAILPOINT: failpoint }) };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = ['', ''];
    for (const [index, stream] of [child.stdout, child.stderr].entries()) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        texts[index] += text;
      });
    }
    const stop = () => child.kill('SIGTERM');
    options.signal?.addEventListener('abort', stop, { once: true });
    const [exitCode, signal] = await new Promise<[number | null, string | null]>(
      (resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, by) => resolve([code, by]));
      },
    );
    const [stdout = '', stderr = ''] = texts;
    return { exitCode, signal, stdout, stderr };
  }

  /** Starts the session bus; the datastore on it is started by the first who asks for it. */
  async startBus(): Promise<void> {
    if (this.#bus) return;
    const address = `unix:path=${join(this.home, 'run', 'bus')}`;
    const args = ['--session', '--nofork', `--address=${address}`, '--print-address=1'];
    this.#bus = startDaemon('dbus-daemon', args, this.env);
    writeFileSync(join(this.home, 'bus.pid'), String(this.#bus.pid));
    this.env.DBUS_SESSION_BUS_ADDRESS = await this.#bus.line(/^unix:/);
  }

  /** Asks the datastore for something: `datastore('find', {}, ['uid'])`. */
  async datastore(method: string, ...args: unknown[]): Promise<unknown> {
    return this.#onBus(async (bus) => {
      const object = await bus.getProxyObject(DATASTORE, '/org/laptop/sugar/DataStore');
      const iface = object.getInterface(DATASTORE);
      return await iface[method]?.(...args);
    });
  }

  /**
   * As an activity saves: without a question before, so it waits in the datastore's queue if that is
   * busy. `queued` is called once it is there.
   */
  async save(
    uid: string,
    properties: Record<string, unknown>,
    file: string,
    queued = () => {},
  ): Promise<void> {
    const message = new dbus.Message({
      destination: DATASTORE,
      path: '/org/laptop/sugar/DataStore',
      interface: DATASTORE,
      member: 'update',
      signature: 'sa{sv}sb',
      body: [uid, properties, file, true],
    });
    const daemon = { destination: DAEMON.name, path: DAEMON.path, interface: DAEMON.iface };
    await this.#onBus(async (bus) => {
      const saved = bus.call(message);
      // The bus takes one message of a connection after the other.
      await bus.call(new dbus.Message({ ...daemon, member: 'GetId' }));
      queued();
      await saved;
    });
  }

  /** How many entries the running datastore says it has. */
  async countEntries(): Promise<number> {
    const answer = (await this.datastore('find', {}, ['uid'])) as [
      Record<string, Variant>[],
      number,
    ];
    return answer[1];
  }

  /** The running datastore's number, if one runs. */
  datastorePid(): Promise<number | undefined> {
    return this.#onBus(async (bus) => {
      const object = await bus.getProxyObject('org.freedesktop.DBus', '/org/freedesktop/DBus');
      const iface = object.getInterface('org.freedesktop.DBus');
      const owned: boolean = await iface.NameHasOwner?.(DATASTORE);
      return owned ? Number(await iface.GetConnectionUnixProcessID?.(DATASTORE)) : undefined;
    });
  }

  /** Ends the datastore, if one runs; the next who asks starts another. */
  async stopDatastore(): Promise<void> {
    if (!this.#bus) return;
    const pid = await this.datastorePid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGTERM');
    const patience = new Patience(STOP_MS);
    await waitFor('the end of the datastore', async () => {
      if (!existsSync(`/proc/${pid}`)) return true;
      if (await patience.isOver()) process.kill(pid, 'SIGKILL');
      return false;
    });
  }

  /** Everything in the Journal is lost; the laptop's keys and settings are not. */
  async loseJournal(): Promise<void> {
    await this.stopDatastore();
    rmSync(this.journal, { recursive: true, force: true });
  }

  /** Sets a gsettings key in the laptop's own key file. */
  async setSetting(schema: string, key: string, value: string): Promise<void> {
    const done = await this.run('gsettings', ['set', schema, key, value]);
    if (done.exitCode !== 0) throw new Error(done.stderr);
  }

  writeProfile(name: string, content: string): void {
    writeFileSync(join(this.profile, name), content);
  }

  /** Writes the settings of `ds-backup` on this laptop, as TOML. */
  configure(settings: string): void {
    mkdirSync(join(this.profile, 'ds-backup'), { recursive: true });
    this.writeProfile('ds-backup/config.toml', settings);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopDatastore();
    const bus = this.#bus;
    this.#bus = undefined;
    await bus?.stop();
  }

  async #onBus<T>(work: (bus: MessageBus) => Promise<T>): Promise<T> {
    await this.startBus();
    const bus = dbus.sessionBus({ busAddress: this.env.DBUS_SESSION_BUS_ADDRESS ?? '' });
    try {
      return await work(bus);
    } finally {
      bus.disconnect();
    }
  }
}
