/**
 * Keeps the leases of laptops whose rsync runs, and only those: a control channel that is only open keeps
 * none. rsync ends itself when nothing moves for two minutes. An upload that outlived the previous service
 * keeps its slot in the same way.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import type { Traffic } from './traffic.ts';
import { runningTransfers } from './transfers.ts';

/** Between two looks, in milliseconds. */
const LOOK_MS = 20_000;

export interface LeaseRenewal {
  traffic: Pick<Traffic, 'adopt' | 'renew'>;
  /** The laptops that had a lease when the previous service ended. */
  before: readonly Serial[];
  log: Log;
}

/** Until disposed. */
export function renewLeases({ traffic, before, log }: LeaseRenewal): Disposable {
  const look = (onFound: (serial: Serial) => void) => {
    try {
      for (const serial of runningTransfers()) onFound(serial);
    } catch (error) {
      log.warn('transfers-not-seen', { reason: asDsError(error).message });
    }
  };
  look((serial) => {
    if (before.includes(serial)) traffic.adopt(serial);
  });
  const timer = setInterval(() => look((serial) => traffic.renew(serial)), LOOK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
