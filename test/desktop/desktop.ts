/**
 * A real Sugar on a screen that nobody sees: Xvfb, a session bus, Sugar's own shell, run as an
 * ordinary user that exists only for these processes (nss_wrapper). Driven with xdotool, looked at
 * with ImageMagick and AT-SPI. Leaves nothing behind, also when a test fails.
 *
 *     await using desktop = await startDesktop({ size: '1200x900' });
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Patience, scaled, waitFor } from '../runner/patience.ts';
import { type Daemon, startDaemon } from '../school/processes.ts';
import { runsAsRoot, testEnvironment } from '../school/server.ts';

/** A user id that no account of the machine has. */
const UNKNOWN_UID = 64_997;
/** That of Debian's "nobody". */
const KNOWN_UID = 65_534;
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where pictures of the screen are kept for people to look at; ignored by git. */
export const SCREENSHOTS = join(root, '.screenshots');

/** So long what is told to end may take, before it is killed. */
const END_MS = 2000;

/** What the activity leaves at its first visit, below the desktop's folder. */
const VISITED = 'home/.sugar/default/org.sugarlabs.Backup/data/visited';

/** A session bus as always, on which the test may look around too. */
const BUS_CONFIG = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <include>/usr/share/dbus-1/session.conf</include>
  <policy context="mandatory"><allow user="*"/></policy>
</busconfig>
`;

export interface DesktopOptions {
  /** Width x height of the screen. */
  size?: `${number}x${number}`;
  /** SUGAR_SCALING: 100 or 72, the two Sugar has themes for. */
  scaling?: 72 | 100;
  /** LANGUAGE, as `es` or `ar`. */
  language?: string;
  /** Environment for Sugar and everything it starts. */
  env?: NodeJS.ProcessEnv;
  /** Fills the child's home before anything starts. */
  prepare?: (desktop: Desktop) => void | Promise<void>;
  /** The screen's pixels are kept in a file that framebuffer.ts reads. */
  framebuffer?: boolean;
  /** The activity was never opened before, and greets. */
  firstVisit?: boolean;
  /** Sugar's shell is not started: for what only needs a screen, a bus and a window manager. */
  withoutShell?: boolean;
  /** The child is a user that the machine itself knows: fusermount3 asks for the name. */
  knownUser?: boolean;
}

export interface Done {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export class Desktop implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** The child's. */
  readonly #uid: number;
  readonly #daemons: Daemon[] = [];

  constructor(options: DesktopOptions) {
    this.#uid = options.knownUser ? KNOWN_UID : UNKNOWN_UID;
    this.folder = mkdtempSync(join(tmpdir(), 'ds-desktop-'));
    this.home = join(this.folder, 'home');
    const [passwd, group] = [join(this.folder, 'passwd'), join(this.folder, 'group')];
    const uid = runsAsRoot ? this.#uid : process.getuid?.();
    // The bus lets nobody in whom it cannot look up; the test itself may be root.
    const root = 'root:x:0:0:root:/root:/bin/sh';
    writeFileSync(passwd, `${root}\nchild:x:${uid}:${uid}:Child:${this.home}:/bin/sh\n`);
    writeFileSync(group, `root:x:0:\nchild:x:${uid}:\n`);
    chmodSync(this.folder, 0o755);
    this.makeFolder('home/run', 0o700);
    const { language } = options;
    this.env = {
      ...testEnvironment(),
      // Not the caller's own: those may lie where the child cannot look.
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      HOME: this.home,
      USER: 'child',
      LOGNAME: 'child',
      LANG: 'C.UTF-8',
      // GLib and gettext take no LANGUAGE where the locale is plain C.
      ...(language && { LANGUAGE: language, LC_ALL: 'C.UTF-8' }),
      XDG_RUNTIME_DIR: join(this.home, 'run'),
      XDG_DATA_HOME: join(this.home, '.local/share'),
      XDG_CONFIG_HOME: join(this.home, '.config'),
      XDG_CACHE_HOME: join(this.home, '.cache'),
      GSETTINGS_BACKEND: 'keyfile',
      SUGAR_SCALING: String(options.scaling ?? 100),
      LD_PRELOAD: 'libnss_wrapper.so',
      NSS_WRAPPER_PASSWD: passwd,
      NSS_WRAPPER_GROUP: group,
      ...options.env,
    };
  }

  /** The child's Sugar profile. */
  get profile(): string {
    return join(this.home, '.sugar/default');
  }

  /** A folder below the desktop's own that belongs to the child. */
  makeFolder(path: string, mode = 0o755): string {
    const whole = join(this.folder, path);
    mkdirSync(whole, { recursive: true });
    chmodSync(whole, mode);
    this.giveToChild(path);
    return whole;
  }

  /** A file below the desktop's folder, in folders that are made. */
  writeFile(path: string, content: string | Uint8Array, mode = 0o644): string {
    const whole = join(this.folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, content);
    chmodSync(whole, mode);
    this.giveToChild(path);
    return whole;
  }

  copyIn(source: string, path: string): string {
    const whole = join(this.folder, path);
    cpSync(source, whole, { recursive: true, dereference: true });
    this.giveToChild(path);
    return whole;
  }

  /** A file or folder with all in it, and the folders of the child's home on the way to it. */
  giveToChild(path: string): void {
    if (!runsAsRoot) return;
    const give = (one: string) => lchownSync(join(this.folder, one), this.#uid, this.#uid);
    for (let way = path; way.startsWith('home'); way = dirname(way)) give(way);
    const whole = join(this.folder, path);
    if (!lstatSync(whole).isDirectory()) {
      give(path);
      return;
    }
    for (const name of readdirSync(whole, { recursive: true, encoding: 'utf8' })) {
      give(join(path, name));
    }
  }

  /** The command line that runs a program as the child. */
  asChild(command: string, args: readonly string[]): [string, string[]] {
    if (!runsAsRoot) return [command, [...args]];
    const drop = [`--reuid=${this.#uid}`, `--regid=${this.#uid}`, '--clear-groups'];
    return ['setpriv', [...drop, command, ...args]];
  }

  /** Starts a program as the child; it is ended with the desktop. */
  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Daemon {
    const daemon = startDaemon(...this.asChild(command, args), { ...this.env, ...env });
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Runs a program as the child to its end. */
  async run(command: string, args: readonly string[]): Promise<Done> {
    const child = spawn(...this.asChild(command, args), {
      env: this.env,
      cwd: this.home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = ['', ''];
    for (const [index, stream] of [child.stdout, child.stderr].entries()) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        texts[index] += text;
      });
    }
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { exitCode, stdout: texts[0] ?? '', stderr: texts[1] ?? '' };
  }

  /** As `run`, but what does not end well throws. */
  async must(command: string, ...args: string[]): Promise<string> {
    const done = await this.run(command, args);
    if (done.exitCode !== 0) {
      throw new Error(`${command} ${args.join(' ')}: ${done.exitCode}\n${done.stderr}`);
    }
    return done.stdout;
  }

  /** A picture of the whole screen, kept as `<name>.png`. */
  async screenshot(name: string): Promise<string> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const temporary = join(this.home, 'screen.png');
    await this.must('import', '-silent', '-window', 'root', temporary);
    const path = join(SCREENSHOTS, `${name}.png`);
    cpSync(temporary, path);
    return path;
  }

  async key(...names: string[]): Promise<void> {
    for (const name of names) await this.must('xdotool', 'key', '--clearmodifiers', name);
  }

  async type(text: string): Promise<void> {
    await this.must('xdotool', 'type', '--delay', '30', text);
  }

  async click(x: number, y: number, button = 1): Promise<void> {
    await this.must('xdotool', 'mousemove', String(x), String(y), 'click', String(button));
  }

  async moveTo(x: number, y: number): Promise<void> {
    await this.must('xdotool', 'mousemove', String(x), String(y));
  }

  /** Opens an activity as a child does: in Home, which begins to look for it a second after the last key. */
  async openFromHome(name: string, isOpen: () => Promise<boolean>): Promise<void> {
    let looks = 0;
    const open = async () => {
      if (await isOpen()) return true;
      // Home may not have noticed a new activity when the first words are typed.
      if (looks % 60 === 0) await this.#lookInHome(name);
      if (looks % 10 === 0) await this.key('Return');
      looks += 1;
      return false;
    };
    await waitFor(`${name} to be opened`, open, { everyMs: 200 });
  }

  /** Home fades what was not looked for. */
  async #lookInHome(name: string): Promise<void> {
    await this.key('Escape');
    await this.type(name);
    await sleep(scaled(2500));
    await this.screenshot('01-home');
  }

  async begin(options: DesktopOptions): Promise<void> {
    const size = options.size ?? '1200x900';
    const args = ['-displayfd', '1', '-nolisten', 'tcp', '-noreset', '-screen', '0', `${size}x24`];
    if (options.framebuffer) args.push('-fbdir', this.home);
    const xvfb = this.start('Xvfb', args);
    this.env.DISPLAY = `:${await xvfb.line(/^\d+$/)}`;
    const address = `unix:path=${join(this.home, 'run/bus')}`;
    const config = this.writeFile('bus.conf', BUS_CONFIG);
    const bus = [
      `--config-file=${config}`,
      '--nofork',
      `--address=${address}`,
      '--print-address=1',
    ];
    this.env.DBUS_SESSION_BUS_ADDRESS = await this.start('dbus-daemon', bus).line(/^unix:/);
    await this.#introduce();
    if (!options.firstVisit) this.writeFile(VISITED, '');
    await options.prepare?.(this);
    if (options.withoutShell) {
      this.start('metacity', ['--no-composite']);
      return;
    }
    const sugar = this.start('sugar', []);
    await this.#waitForHome(sugar);
  }

  /** Answers what Sugar asks at its very first start. */
  async #introduce(): Promise<void> {
    mkdirSync(this.profile, { recursive: true });
    this.giveToChild('home');
    const key = join(this.profile, 'owner.key');
    await this.must('ssh-keygen', '-q', '-t', 'dsa', '-f', key, '-C', '', '-N', '');
    const user = {
      nick: 'Jocinta',
      color: '#FF2B34,#005FE4',
      'group-label': '4th Grade',
      'birth-timestamp': String(Math.floor(Date.now() / 1000) - 9 * 365 * 86_400),
    };
    for (const [name, value] of Object.entries(user)) {
      await this.must('gsettings', 'set', 'org.sugarlabs.user', name, value);
    }
  }

  async #waitForHome(sugar: Daemon): Promise<void> {
    const look = async () => {
      if (!sugar.running()) throw new Error(`Sugar ended:\n${sugar.lines.join('\n')}`);
      const windows = await this.run('xdotool', ['search', '--onlyvisible', '--name', '.']);
      return windows.stdout.trim().length > 0 && (await this.#colors()) > 20;
    };
    const why = () => sugar.lines.slice(-30).join('\n');
    await waitFor("Sugar's Home to appear", look, { everyMs: 250, why });
  }

  /** How many colours are on the screen: an empty one has one or two. */
  async #colors(): Promise<number> {
    const shot = join(this.home, 'look.png');
    await this.run('import', ['-silent', '-window', 'root', shot]);
    const { stdout } = await this.run('identify', ['-format', '%k', shot]);
    return Number(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#daemons.reverse()) await daemon.stop();
    await endAllOf(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function startDesktop(options: DesktopOptions = {}): Promise<Desktop> {
  const desktop = new Desktop(options);
  try {
    await desktop.begin(options);
    return desktop;
  } catch (error) {
    await desktop[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the session bus started belongs to no group of ours: known by its home. */
async function endAllOf(folder: string): Promise<void> {
  for (const pid of processesIn(folder)) tryKill(pid, 'SIGTERM');
  const patience = new Patience(END_MS);
  await waitFor('the end of what the session started', async () => {
    const pids = processesIn(folder);
    if (await patience.isOver()) for (const pid of pids) tryKill(pid, 'SIGKILL');
    return pids.length === 0;
  });
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile
  }
}

function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'latin1');
        const state = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ')[1]?.[0];
        return environment.includes(`HOME=${folder}/home\0`) && state !== 'Z';
      } catch {
        return false; // it has ended, or is none of ours to look at
      }
    })
    .map(Number);
}
