/**
 * The activity in Sugar with a scripted agent: every screen can be brought about at once, by setting
 * what the agent says. For whatever is about gestures and pictures, not about backups.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildXo } from '../../bundle/xo.ts';
import { type Daemon, startDaemon } from '../school/processes.ts';
import { type Desktop, type DesktopOptions, startDesktop } from './desktop.ts';
import { ScreenReader } from './screen-reader.ts';

const BUNDLE_ID = 'org.sugarlabs.Backup';
const ACTIVITY_ID = 'd'.repeat(40);

export interface StageOptions extends DesktopOptions {
  /** Entries in the scripted agent's Journal. */
  entries?: number;
}

export class Stage implements AsyncDisposable {
  readonly desktop: Desktop;
  readonly screen: ScreenReader;
  readonly #agent: Daemon;

  private constructor(desktop: Desktop, agent: Daemon) {
    this.desktop = desktop;
    this.#agent = agent;
    this.screen = new ScreenReader(desktop);
  }

  /** A desktop with the agent and the installed activity, which is on the screen. */
  static async start(options: StageOptions = {}): Promise<Stage> {
    const prepare = (child: Desktop) => void child.makeFolder('home/Activities');
    const desktop = await startDesktop({ ...options, prepare });
    let agent: Daemon | undefined;
    try {
      const script = fileURLToPath(new URL('../activity/scripted-agent.ts', import.meta.url));
      const args = ['--import', 'tsx', script, String(options.entries ?? 300)];
      agent = startDaemon(process.execPath, args, desktop.env);
      await agent.line(/serving/);
      const stage = new Stage(desktop, agent);
      await stage.#open(options.withoutShell === true);
      return stage;
    } catch (error) {
      await desktop[Symbol.asyncDispose]();
      await agent?.stop();
      throw error;
    }
  }

  async #open(withoutShell: boolean): Promise<void> {
    const { desktop } = this;
    const xo = await buildXo(join(desktop.folder, 'xo'));
    if (withoutShell) {
      const folder = join(desktop.home, 'Activities');
      await desktop.must('unzip', '-q', xo, '-d', folder);
      const start = `exec activity/run -b ${BUNDLE_ID} -a ${ACTIVITY_ID}`;
      desktop.start('/bin/sh', ['-c', `cd ${folder}/Backup.activity && ${start}`]);
    } else {
      await desktop.must('sugar-install-bundle', desktop.copyIn(xo, 'Backup.xo'));
      // Not by sugar-launch, whose activities know nothing of the session.
      await desktop.openFromHome('Backup', () => this.isOpen());
    }
    // The first thing in the toolbar, whatever the language.
    await this.screen.find(/./, { role: 'push button' });
  }

  /** Sets properties of the agent, in GVariant's text form: `{ State: "<'due'>" }`. */
  async set(properties: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(properties)) await this.#script('Set', name, value);
  }

  /** Lets a method of the agent fail with this code, until `mend`. */
  async fail(member: string, code: string): Promise<void> {
    await this.#script('Fail', member, `<'${code}'>`);
  }

  async mend(): Promise<void> {
    await this.#script('Mend', '', '<0>');
  }

  /** Every entry has a title that no screen has room for. */
  async lengthen(): Promise<void> {
    await this.#script('Lengthen', '', '<0>');
  }

  /** Lets a method of the agent not answer, until `letGo`. */
  async hold(member: string): Promise<void> {
    await this.#script('Hold', member, '<0>');
  }

  async letGo(member: string): Promise<void> {
    await this.#script('Let', member, '<0>');
  }

  /** Milliseconds that a job of the agent takes for each entry. */
  async speed(ms: number): Promise<void> {
    await this.#script('Speed', '', `<${ms}>`);
  }

  /** Ends whatever the agent is at. */
  async rest(): Promise<void> {
    await this.#call('Cancel');
  }

  /** How many pins the agent has. */
  async pins(): Promise<number> {
    const listed = await this.#call('ListPins');
    return listed.split("'uid':").length - 1;
  }

  /** Whether an activity is on the bus, as the shell looks for one. */
  async isOpen(): Promise<boolean> {
    const bus = ['--dest', 'org.freedesktop.DBus', '--object-path', '/org/freedesktop/DBus'];
    const method = ['--method', 'org.freedesktop.DBus.ListNames'];
    const names = await this.desktop.must('gdbus', 'call', '--session', ...bus, ...method);
    return names.includes("'org.laptop.Activity");
  }

  async #script(member: string, name: string, value: string): Promise<void> {
    await this.#call(`Script.${member}`, name, value);
  }

  async #call(member: string, ...args: string[]): Promise<string> {
    const target = ['--dest', 'org.sugarlabs.Backup1', '--object-path', '/org/sugarlabs/Backup1'];
    const method = ['--method', `org.sugarlabs.Backup1.${member}`];
    return await this.desktop.must('gdbus', 'call', '--session', ...target, ...method, ...args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.desktop[Symbol.asyncDispose]();
    await this.#agent.stop();
  }
}

/** All is safe; the others are told as what differs from it, in GVariant's text form. */
export const CALM = {
  ...{
    State: "<'safe'>",
    Reasons: "<['done']>",
    Registration: "<'accepted'>",
    Held: "<''>",
    PairingCode: "<''>",
  },
  ...{ SafeEntries: '<uint32 300>', TotalEntries: '<uint32 300>' },
};
const waiting = (reason: string) => ({ State: "<'waiting'>", Reasons: `<['${reason}']>` });

/** What the agent says, by a name for the picture of it. */
export const STATES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  safe: {},
  'almost-safe': { SafeEntries: '<uint32 297>' },
  due: { State: "<'due'>", SafeEntries: '<uint32 210>' },
  asking: { State: "<'asking'>", SafeEntries: '<uint32 100>' },
  queue: { State: "<'queued'>", QueuePlace: '<uint32 3>', SafeEntries: '<uint32 100>' },
  'queue-long': { State: "<'queued'>", QueuePlace: '<uint32 127>', SafeEntries: '<uint32 100>' },
  'server-busy': { State: "<'queued'>", Reasons: "<['server-busy']>", SafeEntries: '<uint32 100>' },
  paused: { State: "<'paused'>", Reasons: "<['paused']>" },
  teacher: {
    ...{ ...waiting('teacher'), Registration: "<'pending'>", PairingCode: "<'047111'>" },
    SafeEntries: '<uint32 0>',
  },
  held: { Held: "<'shrunk'>" },
  ...Object.fromEntries(
    [
      ...['battery', 'no-network', 'no-server', 'not-registered', 'server-full'],
      ...['over-quota', 'laptop-full', 'untrusted-server', 'other-run', 'suspend', 'spread'],
      ...['damaged', 'something-new'],
    ].map((reason) => [reason, waiting(reason)]),
  ),
};
