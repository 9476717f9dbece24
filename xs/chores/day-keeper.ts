/**
 * Keeps the line of each day of the school: who came, who tried in vain, how full the disk was. Written
 * when something changed, at most every few minutes. After a power cut the laptops' own records say who
 * came; only who failed in the last minutes is forgotten. While the clock is not trusted nothing is
 * written, for it would be the line of another day.
 */
import { asDsError } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Library } from '../library.ts';
import { dayOf, readDays, readWho, type WhoCame, writeDay } from '../retention/day-log.ts';
import { measureDisk } from '../storage/disk.ts';

/** Between two looks, in milliseconds. */
const LOOK_MS = 10 * 60_000;
/** So many days back a line is completed that a power cut left incomplete. */
const COMPLETED_DAYS = 7;

export class DayKeeper implements AsyncDisposable {
  readonly #library: Library;
  readonly #timer: NodeJS.Timeout;
  /** Who failed, by day; until it is written. */
  #failed = new Map<string, Set<Serial>>();
  #working: Promise<void>;

  constructor(library: Library) {
    this.#library = library;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#working = this.#note();
  }

  /** A backup of this laptop was refused or held aside. */
  failed(serial: Serial): void {
    const day = dayOf(this.#library.clock.now());
    this.#failed.set(day, (this.#failed.get(day) ?? new Set()).add(serial));
  }

  /** Resolves when all that is known is written. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#look();
    await this.#working;
  }

  #look(): void {
    this.#working = this.#working.then(() => this.#note());
  }

  async #note(): Promise<void> {
    const failed = this.#failed;
    this.#failed = new Map();
    try {
      await noteDays(this.#library, failed);
    } catch (error) {
      for (const [day, some] of failed) {
        this.#failed.set(day, new Set([...some, ...(this.#failed.get(day) ?? [])]));
      }
      this.#library.log.warn('day-not-written', { reason: asDsError(error).message });
    }
  }
}

/** Brings the lines of today and of the last days up to date. */
export async function noteDays(
  library: Library,
  failed: ReadonlyMap<string, ReadonlySet<Serial>>,
): Promise<void> {
  const { paths, timeline, registrations } = library;
  const { time: now, trusted } = timeline.now();
  if (!trusted) return;
  const today = dayOf(now);
  const known = new Map(readDays(paths).map((day) => [day.date, day]));
  const dates = new Set([...[...known.keys()].slice(-COMPLETED_DAYS), today]);
  const came = await lastDays(library, dates);
  const { usedBytes, freeBytes, freeInodes } = await measureDisk(paths.library);
  const laptops = registrations.all().filter(([serial]) => registrations.isActive(serial)).length;
  for (const date of dates) {
    const before = readWho(paths, date);
    const who = merged(before, came.get(date) ?? [], failed.get(date) ?? new Set());
    const line = known.get(date);
    const isSame = line !== undefined && JSON.stringify(who) === JSON.stringify(before);
    if (isSame) continue;
    const disk = date === today || !line ? { usedBytes, freeBytes, freeInodes, laptops } : line;
    const counts = { came: who.came.length, failed: who.failed.length };
    await writeDay(paths, { ...disk, date, ...counts }, who);
  }
}

/** Whose Journal was last safe on which of these days. */
async function lastDays({ index }: Library, dates: ReadonlySet<string>) {
  const came = new Map<string, Serial[]>();
  for (const { serial, lastSuccess } of await index.overview()) {
    const known = tryParse(parseSerial, serial);
    if (!known || lastSuccess === null) continue;
    const date = dayOf(new Date(lastSuccess));
    if (dates.has(date)) came.set(date, [...(came.get(date) ?? []), known]);
  }
  return came;
}

function merged(before: WhoCame, more: readonly string[], failures: ReadonlySet<string>): WhoCame {
  const came = new Set([...before.came, ...more]);
  const failed = [...before.failed, ...failures].filter((serial) => !came.has(serial));
  return { date: before.date, came: [...came].sort(), failed: [...new Set(failed)].sort() };
}
