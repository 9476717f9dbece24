/**
 * One row of facts per laptop, for the terminal and the pages: last backup, snapshots, pending keys with
 * their pairing codes.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Serial } from '../../shared/ids.ts';
import { pairingCode } from '../../shared/protocol/pairing.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import type { Library } from '../library.ts';
import { successors } from '../registration/aliases.ts';
import type { Laptop } from '../registration/laptop-record.ts';
import { ifReadable } from '../storage/checked-entry.ts';
import type { LaptopOverview } from '../storage/index-db.ts';
import { hostKeyPublic, type Paths } from '../storage/paths.ts';
import { listHeld } from '../storage/snapshots.ts';
import { isDamaged } from './status.ts';

export type LaptopRow = ReturnType<typeof rowOf>;

/** One row for each of these laptops, in the same order. */
export async function laptopRows(
  library: Library,
  laptops: readonly (readonly [Serial, Laptop])[],
): Promise<LaptopRow[]> {
  const overview = new Map((await library.index.overview()).map((row) => [row.serial, row]));
  const hostKey = readHostKey(library.paths);
  const newer = successors(library.registrations.bySerial());
  return laptops.map(([serial, laptop]) =>
    rowOf(library.paths, serial, laptop, {
      known: overview.get(serial),
      newer: newer.get(serial),
      hostKey,
    }),
  );
}

interface Around {
  known: LaptopOverview | undefined;
  /** The laptop that replaces this one. */
  newer: Serial | undefined;
  hostKey: string | undefined;
}

function rowOf(paths: Paths, serial: Serial, laptop: Laptop, { known, newer, hostKey }: Around) {
  return {
    serial,
    nick: laptop.nick,
    colors: laptop.colors,
    registered: laptop.registered,
    enrolled: laptop.keys.own !== null,
    retired: laptop.retired,
    replaces: laptop.alias?.of ?? null,
    replacedBy: newer ?? null,
    snapshots: known?.snapshots ?? 0,
    newest: known?.newest ?? null,
    bytes: known?.bytes ?? null,
    lastSuccess: known?.lastSuccess ?? null,
    damaged: isDamaged({ paths }, serial),
    held: ifReadable(() => listHeld(paths, serial)).length,
    waiting: laptop.pending.map(({ kind, key, since }) => ({
      ...{ kind, since, fingerprint: parsePublicKey(key).fingerprint },
      code: hostKey ? pairingCode(serial, hostKey, key) : null,
    })),
    rejected: laptop.rejected,
  };
}

/** Undefined where the service has never run. */
function readHostKey(paths: Paths): string | undefined {
  const file = hostKeyPublic(paths);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
