/**
 * Ways to keep a crowd in order, each with its server's and its laptop's half.
 */
import { silenceSeconds, waitSeconds } from '../../agent/backoff.ts';
import { type Clock, DAY_MS } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import { Traffic } from '../../xs/traffic/traffic.ts';
import type { Day, SimLaptop } from './school-day.ts';

/** What the server says: yes, or when to come again if it says that. */
export type Answer = { admit: true } | { admit: false; retryAfterSeconds?: number };

/** What a laptop has met since it came, or since an answer broke the row. */
export interface InARow {
  /** Refusals and silences. */
  refusals: number;
  silences: number;
}

export interface Method {
  name: string;
  /** What the server does when a laptop asks, with an address where those matter. */
  ask(serial: Serial, address?: string): Answer;
  /** It transfers. */
  began(serial: Serial): void;
  /** It is seen transferring. */
  moves?(serial: Serial): void;
  /** The server sees that it does no longer. */
  ended(serial: Serial, done: boolean): void;
  /** How long a laptop waits after a no (or silence, `answer` undefined), in seconds. */
  wait(answer: Answer | undefined, row: InARow): number;
}

export interface World {
  day: Day;
  laptops: readonly SimLaptop[];
  clock: Clock;
  random: () => number;
  /** Transfers at this moment. */
  running: () => number;
}

export type MakeMethod = (world: World) => Method;

const ROOMY = { freeBytes: 1e12, usedBytes: 0, freeBlocks: 1, freeInodes: 1 };

/** The server's own `Traffic` and the agent's own back-off. */
export const ours: MakeMethod = ({ day, laptops, clock, random, running }) => {
  const rules = { slots: day.slots, restoreSlots: 2, leaseSeconds: 120, minFreePercent: 3 };
  const successes = new Map<Serial, number>();
  const timeOf = (serial: Serial) => successes.get(serial);
  // New laptops of the school are those whose digits a teacher typed; liars have nothing.
  const school = new Set(laptops.map(({ serial }) => serial));
  const limits = { ...rules, perSubnet: 0 };
  const traffic = new Traffic(clock, limits, undefined, timeOf, (serial) => school.has(serial));
  for (const { serial, lastSuccessDays } of laptops) {
    if (lastSuccessDays === undefined) continue;
    successes.set(serial, -lastSuccessDays * DAY_MS);
  }
  return {
    name: 'ours',
    ask: (serial, unproved) => {
      // Beyond the knee, each transfer waits for the disk for the share of it that the others have.
      const io = Math.max(0, 100 * (1 - day.knee / Math.max(1, running())));
      const pressure = { io, cpu: 0, loadPerCore: 0 };
      return traffic.ask({ serial, purpose: 'backup', unproved }, { disk: ROOMY, pressure });
    },
    began: (serial) => traffic.sessionOpened(serial),
    moves: (serial) => traffic.renew(serial),
    ended: (serial, done) => {
      if (done) successes.set(serial, clock.now().getTime());
      traffic.sessionClosed(serial);
    },
    wait: (answer, { silences }) => {
      const said = answer && !answer.admit ? answer.retryAfterSeconds : undefined;
      return waitSeconds(said, silences, random);
    },
  };
};

/**
 * The original, as its comments mean it: ten clients in five minutes; a laptop waits
 * 60·2^n seconds, n = 1…6, then gives up until cron starts it again.
 */
export const original: MakeMethod = ({ clock, random }) => {
  const touched = new Map<Serial, number>();
  return {
    name: 'original as meant',
    ask: (serial) => {
      const now = clock.monotonicMs();
      for (const [other, time] of touched) if (now - time > 300_000) touched.delete(other);
      if (touched.size >= 10) return { admit: false };
      touched.set(serial, now);
      return { admit: true };
    },
    began: () => {},
    ended: () => {},
    wait: (_, { refusals }) => {
      const n = ((refusals - 1) % 7) + 1;
      if (n <= 6) return 60 * 2 ** n;
      return 900 * random(); // the next quarter of an hour
    },
  };
};

/** Slots as ours, without appointments: everybody comes back by chance. */
export const jitter: MakeMethod = ({ day, random }) => {
  const holders = new Set<Serial>();
  return {
    name: 'full jitter',
    ask: (serial) => {
      if (!holders.has(serial) && holders.size >= day.slots) return { admit: false };
      holders.add(serial);
      return { admit: true };
    },
    began: () => {},
    ended: (serial) => void holders.delete(serial),
    wait: (_, { refusals }) => silenceSeconds(refusals + 2, random),
  };
};

export const METHODS: readonly MakeMethod[] = [original, jitter, ours];
