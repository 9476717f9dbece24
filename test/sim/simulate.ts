/**
 * One day with one method: laptops come, ask, wait, transfer, vanish. What counts is noted.
 */
import { seeded } from '../shared/random.ts';
import { Events } from './events.ts';
import { lie, makeLiars } from './liars.ts';
import type { InARow, MakeMethod, Method } from './methods.ts';
import { type Day, makeLaptops, type SimLaptop } from './school-day.ts';

export interface Outcome {
  method: string;
  /** The most transfers the server gave leave for at once, vanished ones it had not noticed included. */
  atOnce: number;
  requestsPerLaptop: number;
  mostRequests: number;
  peakPerMinute: number;
  /** Requests in each minute of the day. */
  perMinute: number[];
  /** From coming to the beginning of the transfer, of those that stay, in seconds. */
  p95Wait: number;
  /** When the last that stays was done, in seconds. */
  allDone: number;
  /** Of those that stay. */
  staying: number;
  done: number;
  /** When each was done, in order, in seconds. */
  completions: number[];
}

/** Nobody waits longer for the end of a day, in seconds. */
const LONGEST_DAY = 8 * 3600;
/**
 * How long a vanished laptop still has its slot, in seconds: sshd notices within 64 s (`xs/ssh/sshd.ts`),
 * and the session takes its time to end.
 */
export const NOTICED_AFTER = 75;

/** How often the server looks which transfers run, in seconds (`xs/traffic/lease-renewal.ts`). */
const SEEN_EVERY = 20;

interface Transfer {
  laptop: SimLaptop;
  /** Seconds of work at full speed. */
  left: number;
}

class School {
  readonly events = new Events();
  readonly laptops: SimLaptop[];
  readonly outcome: Outcome;
  readonly #day: Day;
  readonly #method: Method;
  readonly #chance: () => number;
  readonly #waits: number[] = [];
  readonly #requests = new Map<SimLaptop, number>();
  readonly #transfers = new Set<Transfer>();
  /** Laptops whose sessions run for the server, vanished ones too. */
  readonly #seen = new Set<SimLaptop>();
  #admitted = 0;
  #movedAt = 0;
  #moves = 0;

  constructor(day: Day, make: MakeMethod) {
    this.#day = day;
    this.laptops = makeLaptops(day);
    const random = seeded(day.seed + 0x5eed);
    this.#chance = () => random.below(1_000_000) / 1_000_000;
    this.#method = make({
      ...{ day, laptops: this.laptops, clock: this.events.clock, random: this.#chance },
      running: () => this.#transfers.size,
    });
    const staying = this.laptops.filter(({ vanishesAt }) => vanishesAt === undefined).length;
    const none = { atOnce: 0, requestsPerLaptop: 0, mostRequests: 0, peakPerMinute: 0 };
    const nothing = { p95Wait: 0, allDone: 0, done: 0, completions: [], perMinute: [] };
    this.outcome = { method: this.#method.name, staying, ...none, ...nothing };
  }

  run(): Outcome {
    for (const laptop of this.laptops) {
      this.events.after(laptop.arrives, () => this.#ask(laptop, { refusals: 0, silences: 0 }));
    }
    for (const liar of makeLiars(this.#day)) {
      this.events.after(liar.arrives, () => lie(liar, this.#method, this.events, this.#isOver));
    }
    this.events.run(LONGEST_DAY);
    const requests = [...this.#requests.values()];
    const total = requests.reduce((sum, one) => sum + one, 0);
    return Object.assign(this.outcome, {
      requestsPerLaptop: total / this.laptops.length,
      mostRequests: Math.max(...requests),
      peakPerMinute: Math.max(...this.outcome.perMinute),
      p95Wait: percentile(this.#waits, 0.95),
    });
  }

  readonly #isOver = (): boolean => this.outcome.done === this.outcome.staying;

  #ask(laptop: SimLaptop, before: InARow): void {
    const minute = Math.floor(this.events.now / 60);
    const { perMinute } = this.outcome;
    while (perMinute.length <= minute) perMinute.push(0);
    perMinute[minute] = (perMinute[minute] ?? 0) + 1;
    this.#requests.set(laptop, (this.#requests.get(laptop) ?? 0) + 1);
    const isLost = this.#chance() < this.#day.lost;
    const address = this.#day.liars ? `of ${laptop.serial}` : undefined;
    const answer = isLost ? undefined : this.#method.ask(laptop.serial, address);
    if (answer?.admit) {
      this.#begin(laptop);
      return;
    }
    const row = { refusals: before.refusals + 1, silences: answer ? 0 : before.silences + 1 };
    this.events.after(this.#method.wait(answer, row), () => this.#ask(laptop, row));
  }

  #begin(laptop: SimLaptop): void {
    this.#admitted += 1;
    this.outcome.atOnce = Math.max(this.outcome.atOnce, this.#admitted);
    if (laptop.vanishesAt === undefined) this.#waits.push(this.events.now - laptop.arrives);
    this.#method.began(laptop.serial);
    this.#move();
    this.#transfers.add({ laptop, left: laptop.transfer * (laptop.vanishesAt ?? 1) });
    this.#seen.add(laptop);
    this.#seeMoving(laptop);
    this.#planNextEnd();
  }

  /** The server looks which transfers run. */
  #seeMoving(laptop: SimLaptop): void {
    if (!this.#seen.has(laptop)) return;
    this.#method.moves?.(laptop.serial);
    this.events.after(SEEN_EVERY, () => this.#seeMoving(laptop));
  }

  /** Lets the transfers go on up to now, as fast as the disk allows. */
  #move(): void {
    const worked = (this.events.now - this.#movedAt) * this.#speed();
    for (const transfer of this.#transfers) transfer.left -= worked;
    this.#movedAt = this.events.now;
  }

  /** Beyond its knee the disk not only divides its time but loses some of it in seeking. */
  #speed(): number {
    return Math.min(1, (this.#day.knee / Math.max(1, this.#transfers.size)) ** 1.5);
  }

  #planNextEnd(): void {
    this.#moves += 1;
    const move = this.#moves;
    const [next] = [...this.#transfers].sort((a, b) => a.left - b.left);
    if (!next) return;
    this.events.after(next.left / this.#speed(), () => {
      if (move !== this.#moves) return; // another one came or went meanwhile
      this.#move();
      this.#transfers.delete(next);
      this.#end(next.laptop);
      this.#planNextEnd();
    });
  }

  #end(laptop: SimLaptop): void {
    const { now } = this.events;
    if (laptop.vanishesAt !== undefined) {
      this.events.after(NOTICED_AFTER, () => this.#free(laptop, false));
      return;
    }
    this.outcome.done += 1;
    this.outcome.completions.push(now);
    this.outcome.allDone = now;
    this.#free(laptop, true);
  }

  #free(laptop: SimLaptop, done: boolean): void {
    this.#admitted -= 1;
    this.#seen.delete(laptop);
    this.#method.ended(laptop.serial, done);
  }
}

export function simulate(day: Day, make: MakeMethod): Outcome {
  return new School(day, make).run();
}

/**
 * The best there can be: first come, first served by somebody who knows each moment at which a slot
 * becomes free. Only what cannot be known does it not know: a vanished laptop holds its slot until
 * the server notices. Disks have no knee here.
 */
export function bestPossible(day: Day): { p95Wait: number; allDone: number } {
  const free = new Array<number>(day.slots).fill(0);
  const waits: number[] = [];
  let allDone = 0;
  for (const laptop of makeLaptops(day).sort((a, b) => a.arrives - b.arrives)) {
    free.sort((a, b) => a - b);
    const start = Math.max(free[0] ?? 0, laptop.arrives);
    const { vanishesAt, transfer } = laptop;
    free[0] = start + (vanishesAt === undefined ? transfer : transfer * vanishesAt + NOTICED_AFTER);
    if (vanishesAt !== undefined) continue;
    waits.push(start - laptop.arrives);
    allDone = Math.max(allDone, free[0]);
  }
  return { p95Wait: percentile(waits, 0.95), allDone };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}
