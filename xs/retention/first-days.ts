/** Since when each laptop has a snapshot, by the name of its first one, which is never removed. */

import { lstatSync } from 'node:fs';
import { DAY_MS } from '../../shared/clock.ts';
import { parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { namesIn } from '../../shared/system/files.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';

const NAME = /^datastore-(\d{4}-\d\d-\d\d)/;

export class FirstDays {
  readonly #paths: Paths;
  /** In milliseconds since 1970. Looked up once a laptop. */
  readonly #known = new Map<Serial, number>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /**
   * How long ago that was, in days, at least 0; undefined without a snapshot. A folder that cannot be read
   * for now counts as an old one: nothing in it goes because of a small share.
   */
  since(serial: Serial, now: Date): number | undefined {
    try {
      return this.#lookUp(serial, now);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return (now.getTime() - (this.#known.get(serial) ?? 0)) / DAY_MS;
    }
  }

  #lookUp(serial: Serial, now: Date): number | undefined {
    const { home, latest } = inLaptop(this.#paths, serial);
    if (!lstatSync(latest, { throwIfNoEntry: false })) {
      this.#known.delete(serial);
      return undefined;
    }
    const first = this.#known.get(serial) ?? firstIn(home) ?? now.getTime();
    this.#known.set(serial, first);
    return Math.max(0, (now.getTime() - first) / DAY_MS);
  }
}

/** Undefined for a folder without snapshots. */
function firstIn(home: string): number | undefined {
  const names = namesIn(home).filter((name) => tryParse(parseSnapshotName, name));
  const dates = names.flatMap((name) => NAME.exec(name)?.[1] ?? []);
  const times = dates.map((date) => Date.parse(date)).filter((time) => !Number.isNaN(time));
  return times.length > 0 ? Math.min(...times) : undefined;
}
