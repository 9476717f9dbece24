/**
 * The agent as a process: connects to both buses, takes its name, and serves until nothing is left to do.
 * Then it ends, because a laptop's memory is small; D-Bus starts it again when somebody calls.
 */
import dbus from 'dbus-next';
import { BACKUP_NAME } from '../../shared/backup-bus.ts';
import { asDsError, DsError } from '../../shared/errors.ts';
import { Bus } from '../../shared/system/bus.ts';
import { Cleanup } from '../../shared/system/cleanup.ts';
import { findSessionBus } from '../journal/session-bus.ts';
import { Agent, type AgentOptions } from '../service/agent.ts';
import { watchJournal } from '../watch/journal-changes.ts';
import { watchNetwork } from '../watch/network.ts';
import { watchPower } from '../watch/power.ts';
import { watchSleep } from '../watch/sleep.ts';
import { watchClients } from './clients.ts';
import { Presence } from './presence.ts';

export interface RunOptions extends AgentOptions {
  env: NodeJS.ProcessEnv;
  /** Stops it. */
  signal: AbortSignal;
}

const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';

/** Serves until there is nothing left to do, the bus is gone, or `signal` fires. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { env, signal, log } = options;
  await using cleanup = new Cleanup();
  const session = cleanup.use(await openSessionBus(env));
  const system = await openSystemBus(options);
  if (system) cleanup.use(system);
  const agent = cleanup.use(new Agent(options));
  const presence = cleanup.use(new Presence(session, agent, env, log));
  cleanup.use(await watchLaptop(system, agent, options));
  cleanup.use(
    await watchJournal(session, () => {
      presence.refresh();
      agent.copies.soon();
    }),
  );
  await watchClients(session, (count) => presence.setClients(count));
  // Last, so that no call comes before the objects are exported.
  await takeName(session);
  agent.start();
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const lost = session.lost.catch(() => {});
  while (!signal.aborted) {
    const why = await Promise.race([stopped, lost, presence.idle()]);
    if (why !== 'idle') break;
    await session.raw.releaseName(BACKUP_NAME);
    // Unless somebody called at the last moment; later callers start another agent.
    if (!presence.isNeeded) break;
    await takeName(session);
  }
  log.info('ending');
}

async function openSessionBus(env: NodeJS.ProcessEnv): Promise<Bus> {
  return Bus.open(findSessionBus(env), env.XDG_RUNTIME_DIR);
}

/** Undefined where there is none: power, network and sleep stay unknown then, and hold nothing up. */
async function openSystemBus({ env, log }: RunOptions): Promise<Bus | undefined> {
  try {
    return await Bus.open(env.DBUS_SYSTEM_BUS_ADDRESS ?? SYSTEM_BUS);
  } catch (error) {
    log.info('no-system-bus', { reason: asDsError(error).message });
    return undefined;
  }
}

/** Throws `busy` when another agent has the name. */
async function takeName(bus: Bus): Promise<void> {
  const { PRIMARY_OWNER } = dbus.RequestNameReply;
  const reply = await bus.raw.requestName(BACKUP_NAME, dbus.NameFlag.DO_NOT_QUEUE);
  if (reply === PRIMARY_OWNER) return;
  throw new DsError('busy', 'another agent serves this session already');
}

async function watchLaptop(
  system: Bus | undefined,
  agent: Agent,
  { log }: RunOptions,
): Promise<Disposable> {
  const power = await watchPower(system, log, (power) => agent.setWorld({ power }));
  await watchNetwork(
    system,
    log,
    (network) => agent.setWorld({ network }),
    () => agent.joinedNetwork(),
  );
  await watchSleep(system, log, (suspending) => agent.setWorld({ suspending }));
  return power;
}
