/**
 * A session bus of a test's own, and the agent's name on it.
 */
import { join } from 'node:path';
import { runAgent } from '../../../agent/bus/run.ts';
import type { Paths } from '../../../agent/paths.ts';
import { BACKUP_NAME } from '../../../shared/backup-bus.ts';
import { realClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { Bus } from '../../../shared/system/bus.ts';
import type { Cleanup } from '../../../shared/system/cleanup.ts';
import { waitFor } from '../../runner/patience.ts';
import { type Daemon, startDaemon } from '../../school/processes.ts';

/** Stopped by `cleanup`. */
export async function startBus(
  cleanup: Cleanup,
  folder: string,
): Promise<{ address: string; bus: Bus }> {
  const socket = `unix:path=${join(folder, 'bus')}`;
  const args = ['--session', '--nofork', `--address=${socket}`, '--print-address=1'];
  const daemon: Daemon = startDaemon('dbus-daemon', args, process.env);
  cleanup.use({ [Symbol.asyncDispose]: () => daemon.stop() });
  const address = await daemon.line(/^unix:/);
  return { address, bus: cleanup.use(await Bus.open(address)) };
}

/** Resolves when the agent has its name. */
export async function named(bus: Bus): Promise<void> {
  const daemon = { name: 'org.freedesktop.DBus', path: '/', iface: 'org.freedesktop.DBus' };
  await waitFor('the agent on the bus', async () => {
    const [owned] = await bus.call(daemon, 'NameHasOwner', 's', [BACKUP_NAME]);
    return owned === true || undefined;
  });
}

/** Runs the agent there, with this module as its worker; the environment of a client. Stopped by `cleanup`. */
export async function runOnBus(
  cleanup: Cleanup,
  { bus, address }: { bus: Bus; address: string },
  { paths, worker }: { paths: Paths; worker: string },
): Promise<NodeJS.ProcessEnv> {
  const env = { DBUS_SESSION_BUS_ADDRESS: address, DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere' };
  const stop = new AbortController();
  const running = runAgent({
    ...{ paths, env, clock: realClock, log: silentLog, random: () => 0, spreadMs: 0 },
    signal: stop.signal,
    program: { command: [process.execPath, worker], env: { PATH: process.env.PATH } },
  });
  cleanup.use({
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return running;
    },
  });
  await Promise.race([named(bus), running]);
  return env;
}
