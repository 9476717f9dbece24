/**
 * The agent as a process: connects to both buses, takes its name, and serves until nothing is left to do.
 * Then it ends, because a laptop's memory is small; D-Bus starts it again when somebody calls.
 */
import dbus from 'dbus-next';
import { BACKUP_NAME } from '../../shared/backup-bus.ts';
import { DsError } from '../../shared/errors.ts';
import { Bus } from '../../shared/system/bus.ts';
import { Cleanup } from '../../shared/system/cleanup.ts';
import { findSessionBus } from '../journal/session-bus.ts';
import { Agent, type AgentOptions } from '../service/agent.ts';
import { watchJournal } from '../watch/journal-changes.ts';
import { LaptopWatch } from '../watch/laptop.ts';
import { watchClients } from './clients.ts';
import { Presence } from './presence.ts';

export interface RunOptions extends AgentOptions {
  env: NodeJS.ProcessEnv;
  /** Stops it. */
  signal: AbortSignal;
}

/** Serves until there is nothing left to do, the bus is gone, or `signal` fires. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { env, signal, log } = options;
  await using cleanup = new Cleanup();
  const session = cleanup.use(await openSessionBus(env));
  const agent = cleanup.use(new Agent(options));
  const presence = cleanup.use(new Presence(session, agent, env, log));
  cleanup.use(await watchLaptop(agent, options));
  cleanup.use(
    await watchJournal(session, (created) => {
      presence.refresh();
      agent.copies.look(created);
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

/** Throws `busy` when another agent has the name. */
async function takeName(bus: Bus): Promise<void> {
  const { PRIMARY_OWNER } = dbus.RequestNameReply;
  const reply = await bus.raw.requestName(BACKUP_NAME, dbus.NameFlag.DO_NOT_QUEUE);
  if (reply === PRIMARY_OWNER) return;
  throw new DsError('busy', 'another agent serves this session already');
}

function watchLaptop(agent: Agent, { env, log }: RunOptions): Promise<LaptopWatch> {
  const address = env.DBUS_SYSTEM_BUS_ADDRESS;
  return LaptopWatch.start(
    { address, log },
    {
      onPower: (power) => agent.setWorld({ power }),
      onNetwork: (network) => agent.setWorld({ network }),
      onJoined: () => agent.joinedNetwork(),
      onSleep: (suspending) => agent.setWorld({ suspending }),
    },
  );
}
