/** Since when each laptop has a snapshot, by the name of its first one, which is never removed. */

import { lstatSync } from 'node:fs';
import { DAY_MS } from '../../shared/clock.ts';
import { parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { namesIn } from '../../shared/system/files.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';

const NAME = /^datastore-(\d{4}-\d\d-\d\d)/;

/**
 * Asked about all laptops at once, and so answered from memory: a look at each would be a pause for everybody on a
 * disk that is busy.
 */
export class FirstDays {
  readonly #paths: Paths;
  /** In milliseconds since 1970; undefined for a laptop without a snapshot. */
  readonly #known = new Map<Serial, number | undefined>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /**
   * How long ago that was, in days, at least 0; undefined without a snapshot. A folder that cannot be read
   * for now counts as an old one: nothing in it goes because of a small share.
   */
  since(serial: Serial, now: Date): number | undefined {
    const first = this.#first(serial, now);
    return first === undefined ? undefined : Math.max(0, (now.getTime() - first) / DAY_MS);
  }

  /** The snapshots of this laptop, or of all, may be others by now: it is looked at once more. */
  changed(serial?: Serial): void {
    if (serial) this.#known.delete(serial);
    else this.#known.clear();
  }

  #first(serial: Serial, now: Date): number | undefined {
    if (this.#known.has(serial)) return this.#known.get(serial);
    try {
      const { home, latest } = inLaptop(this.#paths, serial);
      const isThere = lstatSync(latest, { throwIfNoEntry: false }) !== undefined;
      const first = isThere ? (firstIn(home) ?? now.getTime()) : undefined;
      this.#known.set(serial, first);
      return first;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return 0;
    }
  }
}

/** Undefined for a folder without snapshots. */
function firstIn(home: string): number | undefined {
  const names = namesIn(home).filter((name) => tryParse(parseSnapshotName, name));
  const dates = names.flatMap((name) => NAME.exec(name)?.[1] ?? []);
  const times = dates.map((date) => Date.parse(date)).filter((time) => !Number.isNaN(time));
  return times.length > 0 ? Math.min(...times) : undefined;
}
