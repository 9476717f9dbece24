/**
 * Watches NetworkManager for whether there is a network at all. "Limited" counts as one: that is what a
 * school without internet looks like. Whether the school server is in it, only its answer can tell.
 */
import type { Log } from '../../shared/log.ts';
import type { Bus, Target } from '../../shared/system/bus.ts';
import type { Network } from '../rules/obstacles.ts';

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
 * one. Without NetworkManager the network stays `unknown`.
 */
export async function watchNetwork(
  bus: Bus | undefined,
  log: Log,
  onNetwork: (network: Network) => void,
  onJoined: () => void,
): Promise<void> {
  try {
    if (!bus) throw new Error('no system bus');
    const known = await bus.properties(MANAGER);
    let before = judgeNetwork(known.State);
    let connection = known.PrimaryConnection;
    onNetwork(before);
    await bus.onProperties(MANAGER, (changed) => {
      Object.assign(known, changed);
      const now = judgeNetwork(known.State);
      const isOther = known.PrimaryConnection !== connection;
      if (now !== before) onNetwork(now);
      if (now === 'up' && (before !== 'up' || isOther)) onJoined();
      before = now;
      connection = known.PrimaryConnection;
    });
  } catch (error) {
    log.info('no-network-manager', { reason: String(error) });
    onNetwork('unknown');
  }
}

/** What NetworkManager's `State` means. */
export function judgeNetwork(state: unknown): Network {
  if (typeof state !== 'number' || state === UNKNOWN) return 'unknown';
  return state >= CONNECTED_LOCAL ? 'up' : 'down';
}
