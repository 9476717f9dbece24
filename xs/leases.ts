/**
 * Leases as the session script sees them (X1): an empty file for each laptop that has one, in
 * `ssh/leases/`. The script lets no upload begin without; so a connection that stays open after its
 * laptop was retired, or its lease ended, begins nothing any more. None outlives the service.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError } from '../shared/errors.ts';
import { namesIn } from '../shared/files.ts';
import type { Serial } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { type Access, makeReadableFolder } from './access.ts';
import { inState, type Paths } from './paths.ts';
import type { Load, Traffic } from './traffic.ts';

/** Makes the folder, empty, and gives what is to be told of each lease that begins or ends. */
export function leaseFiles({
  paths,
  access,
  log,
}: {
  paths: Paths;
  access: Access;
  log: Log;
}): (serial: Serial, held: boolean) => void {
  const { leasesFolder, lease } = inState(paths);
  makeReadableFolder(access, leasesFolder);
  for (const name of namesIn(leasesFolder)) rmSync(join(leasesFolder, name), { force: true });
  return (serial, held) => {
    try {
      if (held) writeFileSync(lease(serial), '', { mode: 0o640 });
      else rmSync(lease(serial), { force: true });
    } catch (error) {
      // On a full disk nobody uploads; a restore, which needs no file, goes on.
      log.warn('lease-not-noted', { serial, held, reason: asDsError(error).message });
    }
  };
}

/** For a session without a lease: the same answer as to "may I?", in words for whoever reads them. */
export function uploadGate(
  traffic: Traffic,
  load: () => Promise<Load>,
): (serial: Serial) => Promise<string> {
  return async (serial) => {
    const answer = traffic.ask({ serial, purpose: 'backup' }, await load());
    if (answer.admit) return 'yes';
    return `${answer.reason}, come back in ${answer.retryAfterSeconds} seconds`;
  };
}
