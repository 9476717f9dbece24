/**
 * A simulated school day: who comes when, what each has to send, who vanishes. The same seed makes
 * the same day, for all methods.
 */
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { seeded } from '../shared/random.ts';

export interface Day {
  name: string;
  laptops: number;
  /** When laptops come: within so many seconds, around bells (a quarter each hour), or at these seconds. */
  arrival: { within: number } | { bells: number } | { at: readonly number[] };
  /** Backups at once. */
  slots: number;
  /** What a transfer takes by itself, in seconds: the mean, and how far it goes up and down. */
  transfer: { mean: number; spread: number };
  /** Share of the laptops that vanish in the middle of the transfer. */
  vanishing: number;
  /** Share of the questions that get no answer. */
  lost: number;
  /** So many transfers at once go at full speed; beyond, all get slower together. */
  knee: number;
  seed: number;
  /** How many of the devices on the network lie (`liars.ts`). */
  liars?: number;
}

export interface SimLaptop {
  serial: Serial;
  /** Seconds. */
  arrives: number;
  transfer: number;
  /** When it vanishes, as a share of its transfer; undefined for one that stays. */
  vanishesAt: number | undefined;
  /** Days since its last backup; undefined for none. */
  lastSuccessDays: number | undefined;
}

/** As at a real school: 8 slots, 40 s per transfer, 10 % of laptops vanish, 1 % of answers get lost. */
export const USUAL: Omit<Day, 'name' | 'laptops' | 'arrival'> = {
  slots: 8,
  transfer: { mean: 40, spread: 0.5 },
  vanishing: 0.1,
  lost: 0.01,
  knee: Number.POSITIVE_INFINITY,
  seed: 1,
};

export const DAYS: readonly Day[] = [
  { ...USUAL, name: '30 in 60 s', laptops: 30, arrival: { within: 60 } },
  { ...USUAL, name: '300 in 60 s', laptops: 300, arrival: { within: 60 } },
  { ...USUAL, name: '300, a slow disk', laptops: 300, arrival: { within: 600 }, knee: 3 },
  { ...USUAL, name: '1,000 in 10 min', laptops: 1000, arrival: { within: 600 } },
  { ...USUAL, name: '1,000 at 5 bells', laptops: 1000, arrival: { bells: 5 } },
];

/** In the order of their numbers, which is not the order in which they come. */
export function makeLaptops(day: Day): SimLaptop[] {
  const random = seeded(day.seed);
  const chance = () => random.below(1_000_000) / 1_000_000;
  return Array.from({ length: day.laptops }, (_, n) => ({
    serial: parseSerial(`SIM${String(n).padStart(8, '0')}`),
    arrives: arrivalTime(day.arrival, n, chance),
    transfer: day.transfer.mean * (1 + day.transfer.spread * (2 * chance() - 1)),
    vanishesAt: n < day.vanishing * day.laptops ? chance() : undefined,
    lastSuccessDays: chance() < 0.05 ? undefined : chance() * 10,
  }));
}

function arrivalTime(arrival: Day['arrival'], n: number, chance: () => number): number {
  if ('at' in arrival) return arrival.at[n] ?? 0;
  if ('within' in arrival) return arrival.within * chance();
  // Most laptops are opened within five minutes of a bell.
  return 3600 * Math.floor(arrival.bells * chance()) + 300 * chance() ** 2;
}

/** The least time in which it could be done: all transfers at full length, vanished ones included,
 * and no slot ever empty. Seconds. */
export function idealSeconds({ laptops, transfer, slots }: Day): number {
  return (laptops * transfer.mean) / slots;
}
