/**
 * Watches NetworkManager for whether there is a network at all. "Limited" counts as one: that is what a
 * school without internet looks like. Whether the school server is in it, only its answer can tell.
 */
import type { Log } from '../../shared/log.ts';
import type { Bus, Target } from '../../shared/system/bus.ts';
import type { Network } from '../rules/obstacles.ts';
import { BusFacts } from './bus-facts.ts';

const MANAGER: Target = {
  name: 'org.freedesktop.NetworkManager',
  path: '/org/freedesktop/NetworkManager',
  iface: 'org.freedesktop.NetworkManager',
};
/** NM_STATE_CONNECTED_LOCAL: an address, perhaps without a route. */
const CONNECTED_LOCAL = 50;
/** NM_STATE_UNKNOWN. */
const UNKNOWN = 0;

/**
 * Calls `onNetwork` now and at each change, and `onJoined` when the laptop joins a network, or another
 * one. As long as no NetworkManager answers, the network is `unknown`.
 */
export async function watchNetwork(
  bus: Bus | undefined,
  log: Log,
  onNetwork: (network: Network) => void,
  onJoined: () => void,
): Promise<Disposable> {
  let told: Network | undefined;
  /** What was last known for sure. */
  let before: { network: Network; connection: unknown } | undefined;
  const tell = (network: Network) => {
    if (network !== told) onNetwork(network);
    told = network;
  };
  const lose = (reason: unknown) => {
    if (told !== 'unknown') log.info('no-network-manager', { reason: String(reason) });
    tell('unknown');
  };
  if (!bus) {
    lose('no system bus');
    return { [Symbol.dispose]: () => {} };
  }
  return BusFacts.follow(bus, [MANAGER], (facts, reason) => {
    if (!facts) return lose(reason);
    const isFirst = told === undefined;
    const now = { network: judgeNetwork(facts.State), connection: facts.PrimaryConnection };
    const isOther = before?.network !== 'up' || now.connection !== before.connection;
    tell(now.network);
    if (!isFirst && now.network === 'up' && isOther) onJoined();
    before = now;
  });
}

/** What NetworkManager's `State` means. */
export function judgeNetwork(state: unknown): Network {
  if (typeof state !== 'number' || state === UNKNOWN) return 'unknown';
  return state >= CONNECTED_LOCAL ? 'up' : 'down';
}
