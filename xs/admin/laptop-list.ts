/**
 * One row of facts per laptop, for the terminal and the pages: last backup, snapshots, pending keys.
 */
import type { Serial } from '../../shared/ids.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import type { Library } from '../library.ts';
import { chainOf } from '../registration/aliases.ts';
import type { Laptop } from '../registration/laptop-record.ts';
import type { LaptopOverview } from '../storage/index-db.ts';
import { listSnapshots } from '../storage/snapshots.ts';
import { lookAt } from './laptop-facts.ts';
import { type Stand, standReader } from './laptop-standing.ts';

export type LaptopRow = ReturnType<typeof rowOf>;

/** One row for each of these laptops, in the same order. */
export async function laptopRows(
  library: Library,
  laptops: readonly (readonly [Serial, Laptop])[],
): Promise<LaptopRow[]> {
  const overview = new Map((await library.index.overview()).map((row) => [row.serial, row]));
  const look = lookAt(library);
  const stand = standReader(library, look);
  return laptops.map(([serial, laptop]) =>
    rowOf(serial, laptop, {
      known: overview.get(serial),
      stand: stand(serial, laptop),
      twins: look(serial).twins,
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
  stand: Stand;
  twins: boolean;
}

function rowOf(serial: Serial, laptop: Laptop, { known, stand, twins }: Around) {
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
    twins,
    replaces: laptop.alias?.of ?? null,
    ...stand,
    snapshots: known?.snapshots ?? 0,
    newest: known?.newest ?? null,
    bytes: known?.bytes ?? null,
    lastSuccess: known?.lastSuccess ?? null,
    /** Without their digits: those are typed from the laptop's screen, not compared with this one. */
    waiting: laptop.pending.map(({ kind, key, since }) => ({
      ...{ kind, since, fingerprint: parsePublicKey(key).fingerprint },
    })),
    rejected: laptop.rejected,
  };
}
