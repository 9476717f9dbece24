/**
 * Watches logind for the laptop going to sleep, and can delay that for a moment. The delay is a file
 * descriptor of logind's that dbus-next cannot hold, so a child process does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Log } from '../../shared/log.ts';
import type { Bus } from '../../shared/system/bus.ts';

const MANAGER = { path: '/org/freedesktop/login1', iface: 'org.freedesktop.login1.Manager' };

/** Calls `onSleep` with true before sleep and with false after it. */
export async function watchSleep(
  bus: Bus | undefined,
  log: Log,
  onSleep: (sleeping: boolean) => void,
): Promise<void> {
  try {
    if (!bus) throw new Error('no system bus');
    await bus.onSignal(MANAGER, 'PrepareForSleep', ([sleeping]) => onSleep(sleeping === true));
  } catch (error) {
    log.info('no-logind', { reason: String(error) });
  }
}

/** Delays sleep while it is held; logind limits that to a few seconds. */
export class SleepDelay {
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Log;
  #child: ChildProcess | undefined;
  #missing = false;

  constructor(env: NodeJS.ProcessEnv, log: Log) {
    this.#env = env;
    this.#log = log;
  }

  hold(): void {
    if (this.#child || this.#missing) return;
    const words = [
      '--what=sleep',
      '--mode=delay',
      '--who=ds-backup',
      '--why=the Journal is being backed up',
    ];
    // `cat` ends when its stdin does, so the delay ends with us however we end.
    const child = spawn('systemd-inhibit', [...words, 'cat'], {
      ...{ env: this.#env, stdio: ['pipe', 'ignore', 'ignore'] },
    });
    this.#child = child;
    const gone = (reason: string) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#missing = true;
      this.#log.info('no-sleep-delay', { reason });
    };
    child.stdin?.on('error', () => {});
    child.once('error', (error) => gone(error.message));
    child.once('exit', (code) => gone(`systemd-inhibit ended with ${code}`));
  }

  release(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.stdin?.end();
  }
}
