/**
 * One row of facts per laptop, for the terminal and the pages: last backup, snapshots, pending keys.
 */
import type { Serial } from '../../shared/ids.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import type { Library } from '../library.ts';
import { chainOf, successors } from '../registration/aliases.ts';
import type { Laptop } from '../registration/laptop-record.ts';
import type { LaptopOverview } from '../storage/index-db.ts';
import type { Paths } from '../storage/paths.ts';
import { listSnapshots } from '../storage/snapshots.ts';
import { type Look, lookAt } from './laptop-facts.ts';
import { countHeld, daysWithout } from './status.ts';

export type LaptopRow = ReturnType<typeof rowOf>;

/** One row for each of these laptops, in the same order. */
export async function laptopRows(
  library: Library,
  laptops: readonly (readonly [Serial, Laptop])[],
): Promise<LaptopRow[]> {
  const overview = new Map((await library.index.overview()).map((row) => [row.serial, row]));
  const newer = successors(library.registrations.bySerial());
  const now = library.timeline.now();
  const look = lookAt(library);
  return laptops.map(([serial, laptop]) =>
    rowOf(library.paths, serial, laptop, {
      known: overview.get(serial),
      newer: newer.get(serial),
      ...daysWithout(library, serial, now),
      look,
    }),
  );
}

/** The laptops whose place this one takes, the most recent first, and how many snapshots they left. */
export function olderOf({ paths, registrations }: Library, serial: Serial) {
  return chainOf(serial, registrations.bySerial()).map((one) => {
    return { serial: one, snapshots: listSnapshots(paths, one).length };
  });
}

interface Around {
  known: LaptopOverview | undefined;
  /** The laptop that replaces this one. */
  newer: Serial | undefined;
  /** Since its last backup; and whether it may be more. */
  days: number | null;
  atLeast: boolean;
  look: Look;
}

function rowOf(
  paths: Paths,
  serial: Serial,
  laptop: Laptop,
  { known, newer, days, atLeast, look }: Around,
) {
  const facts = look(serial);
  return {
    serial,
    nick: laptop.nick,
    colors: laptop.colors,
    registered: laptop.registered,
    enrolled: laptop.keys.own !== null,
    /** Whether a teacher has typed the digits of its key; null for a key of an older version. */
    confirmed: laptop.introduction ? laptop.introduction.confirmed !== null : null,
    retired: laptop.retired,
    /** Two laptops answer to its name. */
    twins: facts.twins,
    replaces: laptop.alias?.of ?? null,
    replacedBy: newer ?? null,
    snapshots: known?.snapshots ?? 0,
    newest: known?.newest ?? null,
    bytes: known?.bytes ?? null,
    lastSuccess: known?.lastSuccess ?? null,
    ...{ days, atLeast },
    damaged: facts.damaged,
    /** Entries of its Journal that are not safe, as it says; 0 for one that another one replaces. */
    notSafe: newer ? 0 : facts.notSafe.count,
    held: countHeld(paths, serial, look),
    /** Without their digits: those are typed from the laptop's screen, not compared with this one. */
    waiting: laptop.pending.map(({ kind, key, since }) => ({
      ...{ kind, since, fingerprint: parsePublicKey(key).fingerprint },
    })),
    rejected: laptop.rejected,
  };
}
