/**
 * The address of the session bus, on which Sugar's datastore runs.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';

/** The address in the environment, or systemd's usual place. Throws `datastore` without either. */
export function findSessionBus(env: NodeJS.ProcessEnv): string {
  const given = env.DBUS_SESSION_BUS_ADDRESS;
  // dbus-next wants a native module for abstract sockets; Node knows them by a leading zero byte.
  if (given) return given.replace(/^unix:abstract=/, 'unix:socket=\0');
  const usual = join(env.XDG_RUNTIME_DIR ?? '/nowhere', 'bus');
  if (existsSync(usual)) return `unix:path=${usual}`;
  throw noBus();
}

export function noBus(cause?: unknown): DsError {
  return new DsError('datastore', 'the session bus, where the Journal is, cannot be reached', {
    hint: "run this in the session of the child, e.g. in Sugar's Terminal activity",
    cause,
  });
}
