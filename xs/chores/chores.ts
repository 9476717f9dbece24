/**
 * What the service does by itself while nobody waits for it: the daily check of all names and the cleanup,
 * the scrub, and the adoption of old trees; also on a server that runs for only an hour a day.
 */
import { DAY_MS } from '../../shared/clock.ts';
import { asDsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { checkEverything } from '../integrity/relink.ts';
import { scrubNextShard } from '../integrity/scrub.ts';
import { addDay, readScrubState, writeScrubState } from '../integrity/scrub-state.ts';
import type { Library } from '../library.ts';
import { isDue, isWithin } from '../offsite/due.ts';
import { runOffsite } from '../offsite/offsite.ts';
import { readOffsite } from '../offsite/offsite-state.ts';
import { adoptInTurn } from './adoption.ts';
import { cleanUp, type LaptopReport } from './cleanup.ts';

/** How often to check whether a new day has begun, in milliseconds. */
const LOOK_MS = 30 * 60_000;
/** How long trees that could not be adopted are left alone, in milliseconds. */
const ADOPT_AGAIN_MS = 60 * 60_000;
/** How often to note the time, in milliseconds: what a power cut may take from the timeline. */
const NOTE_MS = 10 * 60_000;

export interface ChoresOptions {
  /** Called with the report on each laptop. */
  onLaptop: (report: LaptopReport) => void;
}

export class Chores implements AsyncDisposable {
  readonly #library: Library;
  readonly #options: ChoresOptions;
  readonly #stop = new AbortController();
  readonly #timers: NodeJS.Timeout[];
  #cleaned: { date: string; monotonicMs: number } | undefined;
  readonly #adopting = new Set<Serial>();
  /** When each laptop's trees were last tried, by the monotonic clock. */
  readonly #tried = new Map<Serial, number>();
  #working: Promise<void> = Promise.resolve();
  #scrubbed: Promise<void> = Promise.resolve();
  #scrubbing = false;
  #copying: { over: Promise<void>; pause: AbortController } | undefined;

  constructor(library: Library, options: ChoresOptions) {
    this.#library = library;
    this.#options = options;
    const { delaySeconds } = library.config.chores;
    this.#timers = [
      setTimeout(() => this.#look(), delaySeconds * 1000),
      setInterval(() => this.#look(), LOOK_MS),
      setInterval(() => library.timeline.observe(), NOTE_MS),
      setInterval(() => this.#scrub(), library.config.chores.scrubSeconds * 1000),
    ];
  }

  /**
   * Adopts the original program's trees of a laptop, newest first, because somebody wants to see its
   * snapshots. Does nothing while that is under way, and for an hour afterwards: what is left then
   * cannot be adopted.
   */
  adopt(serial: Serial): void {
    const now = this.#library.clock.monotonicMs();
    const tried = this.#tried.get(serial) ?? Number.NEGATIVE_INFINITY;
    if (this.#adopting.has(serial) || now - tried < ADOPT_AGAIN_MS) return;
    this.#adopting.add(serial);
    this.#tried.set(serial, now);
    this.#working = this.#working
      .then(async () => void (await adoptInTurn(this.#library, serial, this.#stop.signal)))
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        const { code, message: reason } = asDsError(error);
        if (code === 'busy') this.#tried.delete(serial);
        this.#library.log.warn('not-adopted', { serial, reason });
      })
      .finally(() => this.#adopting.delete(serial));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stop.abort();
    await this.#working;
    await this.#scrubbed;
    await this.#copying?.over;
  }

  /** Cleans up when the date has changed, or after a day of uptime whatever the date. */
  #look(): void {
    this.#copyAway();
    const { clock } = this.#library;
    const date = clock.now().toISOString().slice(0, 10);
    const last = this.#cleaned;
    const due = !last || last.date !== date || clock.monotonicMs() - last.monotonicMs >= DAY_MS;
    if (!due) return;
    this.#cleaned = { date, monotonicMs: clock.monotonicMs() };
    const { paths, log } = this.#library;
    try {
      writeScrubState(paths, addDay(readScrubState(paths, clock.now(), log)));
    } catch (error) {
      log.warn('scrub-state-not-written', { reason: asDsError(error).message });
    }
    this.#working = this.#working.then(() => this.#check()).then(() => this.#cleanUp());
  }

  /** One shard, if one is due; outside of the work queue, as it may take minutes. */
  #scrub(): void {
    if (this.#scrubbing) return;
    this.#scrubbing = true;
    this.#scrubbed = this.#attempt('scrub-failed', async (signal) => {
      await scrubNextShard(this.#library, { signal });
    }).finally(() => {
      this.#scrubbing = false;
    });
  }

  /** Every name of every snapshot, before anything is removed. */
  #check(): Promise<void> {
    const { index, log } = this.#library;
    return this.#attempt('check-failed', async (signal) => {
      await index.reconcile();
      log.info('checked', { findings: await checkEverything(this.#library, signal) });
    });
  }

  #cleanUp(): Promise<void> {
    const { onLaptop } = this.#options;
    return this.#attempt('cleanup-failed', async (signal) => {
      const done = await cleanUp(this.#library, { dryRun: false, signal, onLaptop });
      const { laptops, removed, emptied, freedBytes } = done;
      this.#library.log.info('cleaned-up', { laptops, removed, emptied, freedBytes });
    });
  }

  /**
   * A copy elsewhere, where one is wanted and due; beside everything else, as it may take days. Its hours over, it
   * stops: what has been sent stays there, and the next one goes on.
   */
  #copyAway(): void {
    const { config, paths, env, clock, log } = this.#library;
    const { repository, hours } = config.offsite;
    if (repository === '') return;
    if (!isWithin(hours, clock.now())) this.#copying?.pause.abort();
    if (this.#copying || !isDue(readOffsite(paths), hours, clock.now())) return;
    const pause = new AbortController();
    const over = this.#attempt('not-copied-elsewhere', async (stop) => {
      const signal = AbortSignal.any([stop, pause.signal]);
      log.info('copied-elsewhere', { ...(await runOffsite({ config, env, signal }, clock.now)) });
    }).finally(() => {
      this.#copying = undefined;
    });
    this.#copying = { over, pause };
  }

  /** What goes wrong is logged as `failure`, and the next work begins; unless the service stops. */
  async #attempt(failure: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#library.log.warn(failure, { reason: asDsError(error).message });
    }
  }
}
