/**
 * Watches power, network and sleep on the system's bus. Nobody waits for a service that does not answer: until
 * it does its fact is `unknown`, and the battery's charge is the kernel's. A bus that is lost is looked for again.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { Bus } from '../../shared/system/bus.ts';
import { Cleanup } from '../../shared/system/cleanup.ts';
import type { Network, Power } from '../rules/obstacles.ts';
import { watchNetwork } from './network.ts';
import { watchPower } from './power.ts';
import { watchSleep } from './sleep.ts';

const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';

/** In milliseconds: how long the start waits for the first answers; until the bus is looked for again. */
const PATIENCE_MS = 3000;
const FIRST_AGAIN_MS = 60_000;
const LONGEST_AGAIN_MS = 30 * 60_000;

export interface LaptopListener {
  onPower(power: Power): void;
  onNetwork(network: Network): void;
  /** The laptop joined a network, or another one; or may have, while the bus was lost. */
  onJoined(): void;
  /** True before sleep, false after it. */
  onSleep(sleeping: boolean): void;
}

export interface LaptopOptions {
  /** Of the system's bus, if not the usual one. */
  address?: string | undefined;
  log: Log;
  patienceMs?: number;
  againMs?: number;
}

export class LaptopWatch implements AsyncDisposable {
  readonly #options: LaptopOptions;
  readonly #listener: LaptopListener;
  #watched = new Cleanup();
  #bus: Bus | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isFirst = true;
  #isOver = false;

  private constructor(options: LaptopOptions, listener: LaptopListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Resolves when everybody has answered, or when that takes too long. */
  static async start(options: LaptopOptions, listener: LaptopListener): Promise<LaptopWatch> {
    const watch = new LaptopWatch(options, listener);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, options.patienceMs ?? PATIENCE_MS);
    });
    await Promise.race([watch.#begin(), patience]);
    clearTimeout(timer);
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#watched[Symbol.asyncDispose]();
  }

  /** Never rejects. */
  async #begin(): Promise<void> {
    const { address = SYSTEM_BUS, log, patienceMs = PATIENCE_MS } = this.#options;
    try {
      const bus = await Bus.open(address, undefined, patienceMs);
      bus.lost.catch((error: unknown) => this.#lose(bus, error));
      await this.#watch(bus);
      this.#failures = 0;
    } catch (error) {
      if (this.#failures === 0) {
        log.info('no-system-bus', { reason: asDsError(error).message });
        await this.#watch(undefined);
      }
      this.#tryAgain();
    }
  }

  /** What was said on a bus that is gone is not believed any more. */
  #lose(bus: Bus, error: unknown): void {
    if (this.#isOver || this.#bus !== bus) return;
    this.#options.log.info('system-bus-lost', { reason: asDsError(error).message });
    this.#listener.onSleep(false);
    void this.#watch(undefined);
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (this.#isOver) return;
    const { againMs = FIRST_AGAIN_MS } = this.#options;
    const ms = Math.min(againMs * 2 ** this.#failures, LONGEST_AGAIN_MS);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#begin(), ms).unref();
  }

  async #watch(bus: Bus | undefined): Promise<void> {
    const earlier = this.#watched;
    const now = new Cleanup();
    this.#watched = now;
    this.#bus = bus;
    await earlier[Symbol.asyncDispose]();
    if (bus) now.use(bus);
    const { log } = this.#options;
    const listener = this.#listener;
    // While no bus was heard it may have joined another network.
    let isRegained = bus !== undefined && !this.#isFirst;
    this.#isFirst = false;
    const parts = [
      watchPower(bus, log, (power) => listener.onPower(power)),
      watchNetwork(
        bus,
        log,
        (network) => {
          listener.onNetwork(network);
          if (isRegained && network === 'up') listener.onJoined();
          isRegained = false;
        },
        () => listener.onJoined(),
      ),
      watchSleep(bus, log, (sleeping) => listener.onSleep(sleeping)),
    ];
    const keep = (part: Disposable) => {
      if (this.#isOver || this.#watched !== now) part[Symbol.dispose]();
      else now.use(part);
    };
    await Promise.all(parts.map((part) => part.then(keep)));
  }
}
