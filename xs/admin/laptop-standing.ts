/**
 * How each laptop stands, read from its record, its last backup and its folder: for the status and for
 * every list of laptops.
 */
import type { Serial } from '../../shared/ids.ts';
import type { Library } from '../library.ts';
import { successors } from '../registration/aliases.ts';
import type { Laptop } from '../registration/laptop-record.ts';
import { daysSince, isLowerBound, type Moment } from '../storage/moment.ts';
import type { Look } from './laptop-facts.ts';
import { type LaptopState, type Standing, standing, statesOf } from './laptop-states.ts';

export interface Stand {
  /** Days since its last backup, null for never; and whether it may be more. */
  days: number | null;
  atLeast: boolean;
  /** Its newest backup is not whole. */
  damaged: boolean;
  /** Entries of its Journal that are not safe, as it says; 0 for one that another one replaces. */
  notSafe: number;
  /** Snapshots that are held aside. */
  held: number;
  /** The laptop that replaces this one. */
  replacedBy: Serial | null;
  standing: Standing;
  /** The one that it is shown with first. */
  states: readonly LaptopState[];
}

/** At this moment, for laptops that are registered; each is looked at once. */
export function standReader(library: Library, look: Look): (one: Serial, of: Laptop) => Stand {
  const newer = successors(library.registrations.bySerial());
  const now = library.timeline.now();
  const known = new Map<Serial, Stand>();
  return (serial, laptop) => {
    const stand = known.get(serial) ?? standOf(serial, laptop);
    known.set(serial, stand);
    return stand;
  };

  function standOf(serial: Serial, { pending, retired, introduction }: Laptop): Stand {
    const { damaged, notSafe: report, held } = look(serial);
    const replacedBy = newer.get(serial) ?? null;
    const notSafe = replacedBy ? 0 : report.count;
    const { days, atLeast } = daysWithout(library, serial, now);
    const stands = standing(days, { damaged, notSafe: notSafe > 0, atLeast });
    const states = statesOf({
      ...{ retired: retired !== null, replaced: replacedBy !== null },
      ...{ waiting: pending.length > 0, held: held > 0, notSafe: notSafe > 0 },
      unconfirmed: introduction !== null && introduction.confirmed === null,
      standing: stands,
    });
    return { days, atLeast, damaged, notSafe, held, replacedBy, standing: stands, states };
  }
}

function daysWithout(
  { successes }: Pick<Library, 'successes'>,
  serial: Serial,
  now: Moment,
): { days: number | null; atLeast: boolean } {
  const last = successes.stampOf(serial);
  if (!last) return { days: null, atLeast: false };
  return { days: daysSince(now, last), atLeast: isLowerBound(now, last) };
}
