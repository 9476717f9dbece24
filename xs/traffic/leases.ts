/**
 * Leases for the session script: an empty file in `ssh/leases/` for each laptop that may upload. The script
 * starts no upload without it, so a connection that stays open after its laptop was retired or its lease
 * ended cannot start another. The files do not outlive the service.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { namesIn } from '../../shared/system/files.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inState, type Paths } from '../storage/paths.ts';
import { subnetOf } from './subnet.ts';
import type { Load, Traffic } from './traffic.ts';

/** `yes`, or why this laptop may not upload from this address. */
export type MayUpload = (serial: Serial, address: string) => Promise<string>;

export interface LeaseFiles {
  /** Call it for each lease for a backup that begins or ends. */
  note: (serial: Serial, may: boolean) => void;
  /** Laptops with a lease when the previous service ended: an upload may still be running. */
  before: Serial[];
}

/** Creates the folder, empty. */
export function leaseFiles({
  paths,
  ownership,
  log,
}: {
  paths: Paths;
  ownership: Ownership;
  log: Log;
}): LeaseFiles {
  const { leasesFolder, lease } = inState(paths);
  makeReadableFolder(ownership, leasesFolder);
  const names = namesIn(leasesFolder);
  for (const name of names) rmSync(join(leasesFolder, name), { force: true });
  const note = (serial: Serial, may: boolean) => {
    try {
      if (may) writeFileSync(lease(serial), '', { mode: 0o640 });
      else rmSync(lease(serial), { force: true });
    } catch (error) {
      // On a full disk: the session then asks through the session socket.
      log.warn('lease-not-noted', { serial, may, reason: asDsError(error).message });
    }
  };
  return { note, before: names.flatMap((name) => tryParse(parseSerial, name) ?? []) };
}

/** For a session without a lease: the same decision as for an admission request, as one line of text. */
export function uploadGate(
  traffic: Traffic,
  isActive: (serial: Serial) => boolean,
  load: () => Promise<Load>,
): MayUpload {
  return async (serial, address) => {
    const now = await load();
    if (!isActive(serial)) return 'not registered, or out of use here';
    const answer = traffic.ask({ serial, purpose: 'backup', subnet: subnetOf(address) }, now);
    if (answer.admit) return 'yes';
    return `${answer.reason}, come back in ${answer.retryAfterSeconds} seconds`;
  };
}
