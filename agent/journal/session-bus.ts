/**
 * The address of the session bus, on which Sugar's datastore runs.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import { addressOf } from '../../shared/system/bus-address.ts';

/** The address in the environment, or systemd's usual place. Throws `datastore` without either. */
export function findSessionBus(env: NodeJS.ProcessEnv): string {
  const given = env.DBUS_SESSION_BUS_ADDRESS;
  if (given) return given;
  const usual = join(env.XDG_RUNTIME_DIR ?? '/nowhere', 'bus');
  if (existsSync(usual)) return addressOf(usual);
  throw noBus();
}

export function noBus(cause?: unknown): DsError {
  return new DsError('datastore', 'the session bus, where the Journal is, cannot be reached', {
    hint: "run this in the session of the child, e.g. in Sugar's Terminal activity",
    cause,
  });
}
