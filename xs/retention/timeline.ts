/**
 * The library's time: what the present is, for everything that has an age. It is remembered in
 * `.clock.json`, so that it goes on when the service or the machine is started again. A memory that is
 * missing or damaged begins at the newest stamp that the library has: everything is then younger than
 * it is, never older.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { type Boot, bootOf, type Clock } from '../../shared/clock.ts';
import { asDsError, DsError } from '../../shared/errors.ts';
import { parseSerial, tryParse } from '../../shared/ids.ts';
import { namesIn, writeFileDurably } from '../../shared/system/files.ts';
import { asServerError } from '../ground/system-errors.ts';
import { ifReadable, isExhausted } from '../storage/checked-entry.ts';
import { readLastSuccess } from '../storage/last-success.ts';
import type { Moment } from '../storage/moment.ts';
import { inLibrary, type Paths } from '../storage/paths.ts';
import { withReserve } from '../storage/reserve.ts';
import { baseSnapshot, setAside } from '../storage/snapshots.ts';
import { listTrash } from '../storage/trash.ts';
import {
  type ClockMemory,
  type Floor,
  formatMemory,
  judgeClock,
  newMemory,
  parseMemory,
} from './server-clock.ts';

export class Timeline {
  readonly #paths: Paths;
  readonly #clock: Clock;
  #memory: ClockMemory;
  #reason = '';
  /** Why the last observation could not be noted; undefined when it was. */
  #trouble: DsError | undefined;

  constructor(paths: Paths, clock: Clock) {
    this.#paths = paths;
    this.#clock = clock;
    const now = clock.now();
    this.#memory = readMemory(paths) ?? newMemory(findFloor(paths), now);
    this.now();
  }

  /** The present. Nothing is written. */
  now(): Moment {
    const time = this.#clock.now();
    const boot: Boot = bootOf(this.#clock);
    const { memory, reason } = judgeClock(this.#memory, time, boot);
    this.#memory = memory;
    this.#reason = reason;
    const { at, boots, creditedAt } = memory;
    const doubted = reason !== '';
    const trusted = !doubted && !this.#trouble;
    return { at: Math.floor(at), boot: boots, doubted, time, trusted, creditedAt };
  }

  /** Why nothing may be removed by its age; empty when it may. */
  get distrust(): string {
    return this.#reason || this.#trouble?.message || '';
  }

  /** Why the present could not be noted: a full or read-only disk, whatever the date is. */
  get trouble(): DsError | undefined {
    return this.#trouble;
  }

  /** The present, noted on the disk: nothing may be removed by an age that could be forgotten. */
  observe(): Moment {
    const now = this.now();
    try {
      writeMemory(this.#paths, this.#memory);
      this.#trouble = undefined;
    } catch (cause) {
      // A full or read-only disk: the service goes on, but nothing is removed by its age.
      const where = inLibrary(this.#paths).clock;
      const message = `the time cannot be noted in ${where}: ${asDsError(cause).message}`;
      this.#trouble = new DsError(asServerError(cause).code, message, { cause });
    }
    return { ...now, trusted: this.distrust === '' };
  }

  /** A person confirms that the clock is right. Ages stay as they are. */
  trust(): void {
    const { time } = this.now();
    const seen = time.toISOString();
    const memory = { ...this.#memory, seen, furthest: seen, jump: null };
    writeMemory(this.#paths, memory);
    this.#memory = memory;
    this.#reason = '';
    this.#trouble = undefined;
  }
}

function readMemory(paths: Paths): ClockMemory | undefined {
  try {
    return parseMemory(readFileSync(inLibrary(paths).clock, 'utf8'));
  } catch (error) {
    if (isExhausted(error)) throw error;
    return undefined;
  }
}

/** Looks at one snapshot a laptop, and at the names in the trash. */
function findFloor(paths: Paths): Floor {
  const floor: Floor = { at: 0, boots: 0, newest: undefined };
  const learn = (at = 0, boot = 0) => {
    floor.at = Math.max(floor.at, at);
    floor.boots = Math.max(floor.boots, boot);
  };
  for (const name of ifReadable(() => namesIn(paths.library))) {
    const serial = tryParse(parseSerial, name);
    if (!serial) continue;
    const success = readLastSuccess(paths, serial);
    learn(success?.clock?.at, success?.clock?.boot);
    const [base] = ifReadable(() => [baseSnapshot(paths, serial)]);
    if (!base) continue;
    learn(base.clock?.at, base.clock?.boot);
    const created = new Date(base.created);
    if (!base.clock?.doubted && created > (floor.newest ?? new Date(0))) floor.newest = created;
  }
  for (const { at } of ifReadable(() => listTrash(paths))) learn(at);
  return floor;
}

function writeMemory(paths: Paths, memory: ClockMemory): void {
  const { clock } = inLibrary(paths);
  if (lstatSync(clock, { throwIfNoEntry: false })?.isDirectory()) setAside(clock);
  withReserve(paths, () => writeFileDurably(clock, formatMemory(memory), 0o640));
}
