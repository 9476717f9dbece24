/**
 * Watches logind for the laptop going to sleep, and can delay that for a moment. The delay is a file
 * descriptor of logind's that dbus-next cannot hold, so a child process does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Log } from '../../shared/log.ts';
import type { Bus } from '../../shared/system/bus.ts';

const MANAGER = { path: '/org/freedesktop/login1', iface: 'org.freedesktop.login1.Manager' };

/** A laptop that is awake this long after it was to sleep does not sleep, in milliseconds awake. */
const AWAKE_MS = 120_000;

/** Calls `onSleep` with true before sleep and with false after it, or when no sleep comes. */
export async function watchSleep(
  bus: Bus | undefined,
  log: Log,
  onSleep: (sleeping: boolean) => void,
  awakeMs: number = AWAKE_MS,
): Promise<Disposable> {
  let timer: NodeJS.Timeout | undefined;
  await bus?.onSignal(MANAGER, 'PrepareForSleep', ([sleeping]) => {
    clearTimeout(timer);
    onSleep(sleeping === true);
    if (sleeping !== true) return;
    // Who said so may be gone, or the sleep may have failed. The timer stands still during sleep.
    timer = setTimeout(() => {
      log.info('did-not-sleep');
      onSleep(false);
    }, awakeMs);
  });
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Delays sleep while it is held; logind limits that to a few seconds. */
export class SleepDelay {
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Log;
  #child: ChildProcess | undefined;
  /** It could not be had for this transfer. */
  #missing = false;
  #told = false;

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
      if (!this.#told) this.#log.info('no-sleep-delay', { reason });
      this.#told = true;
    };
    child.stdin?.on('error', () => {});
    child.once('error', (error) => gone(error.message));
    child.once('exit', (code) => gone(`systemd-inhibit ended with ${code}`));
  }

  release(): void {
    const child = this.#child;
    this.#child = undefined;
    this.#missing = false;
    child?.stdin?.end();
    // It may still wait for a logind that does not answer.
    child?.kill();
  }
}
