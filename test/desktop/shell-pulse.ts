/**
 * Whether Sugar's shell stands still: its main loop is asked ten times a second, and the longest wait for an
 * answer is what a child sees as a frozen screen. Of each wait is known what the shell did meanwhile, so that
 * a busy machine is told from a shell that waits for somebody.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '../../shared/system/bus.ts';
import { waitFor } from '../runner/patience.ts';

const SHELL = {
  ...{ name: 'org.laptop.Shell', path: '/org/laptop/Shell' },
  iface: 'org.freedesktop.DBus.Peer',
};
const DAEMON = {
  ...{ name: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' },
  iface: 'org.freedesktop.DBus',
};
const EVERY_MS = 100;

/** A wait for the shell's answer, in milliseconds. */
export interface Gap {
  whole: number;
  /** It had the processor. */
  ran: number;
  /** It wanted the processor, which others had. */
  queued: number;
  /** This process was late itself. */
  late: number;
}

const NO_GAP: Gap = { whole: 0, ran: 0, queued: 0, late: 0 };

/** As `1200 (ran 300, queued 500, late 20)`. */
export function gapText({ whole, ran, queued, late }: Gap): string {
  return `${whole} (ran ${ran}, queued ${queued}, late ${late})`;
}

/** What of it is the shell's own: not that others had the processor. */
export function ownPart({ whole, queued, late }: Gap): number {
  return Math.max(0, whole - queued - late);
}

interface Asked {
  at: number;
  spent: Spent;
  lateMs: number;
}

/** What the kernel says of the shell's main thread, in milliseconds since its start. */
interface Spent {
  ran: number;
  queued: number;
}

export class ShellPulse implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #pid: number;
  readonly #asked = new Set<Asked>();
  #longest = NO_GAP;
  /** How late this process was in all, in milliseconds. */
  #lateMs = 0;
  #isOver = false;
  readonly #asking: Promise<void>;

  private constructor(bus: Bus, pid: number) {
    this.#bus = bus;
    this.#pid = pid;
    this.#asking = this.#ask();
  }

  static async start(bus: Bus): Promise<ShellPulse> {
    const [pid] = await bus.call(DAEMON, 'GetConnectionUnixProcessID', 's', [SHELL.name]);
    return new ShellPulse(bus, Number(pid));
  }

  /** The longest wait since the last call, also one that is not over. */
  longest(): Gap {
    for (const asked of this.#asked) this.#note(asked);
    const longest = this.#longest;
    this.#longest = NO_GAP;
    return longest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#asking;
    await waitFor('the last answers of the shell', async () => this.#asked.size === 0);
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const at = performance.now();
      const asked: Asked = { at, spent: this.#spent(), lateMs: this.#lateMs };
      this.#asked.add(asked);
      const answered = this.#bus.call(SHELL, 'Ping', '', []).catch(() => undefined);
      // One that never comes is the longest gap of all.
      void answered.then(() => {
        this.#asked.delete(asked);
        this.#note(asked);
      });
      await sleep(EVERY_MS);
      this.#lateMs += Math.max(0, performance.now() - at - EVERY_MS);
    }
  }

  #note({ at, spent, lateMs }: Asked): void {
    const whole = Math.round(performance.now() - at);
    if (whole <= this.#longest.whole) return;
    const now = this.#spent();
    this.#longest = {
      whole,
      ran: Math.round(now.ran - spent.ran),
      queued: Math.round(now.queued - spent.queued),
      late: Math.round(this.#lateMs - lateMs),
    };
  }

  #spent(): Spent {
    const [ran, queued] = readFileSync(`/proc/${this.#pid}/task/${this.#pid}/schedstat`, 'utf8')
      .split(' ')
      .map((nanoseconds) => Number(nanoseconds) / 1e6);
    return { ran: ran ?? 0, queued: queued ?? 0 };
  }
}
