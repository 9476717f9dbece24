/**
 * Keeps the leases of laptops without a control channel (the original client): such a lease is renewed
 * while the laptop's rsync holds the session lock. An upload that outlived the previous service keeps
 * its slot in the same way.
 */
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import type { Traffic } from './traffic.ts';

/** Between two checks, in milliseconds. */
const CHECK_MS = 20_000;

export interface LeaseRenewal {
  traffic: Traffic;
  /** The laptops that had a lease when the previous service ended. */
  before: readonly Serial[];
  paths: Paths;
  env: NodeJS.ProcessEnv;
}

/** Until disposed. */
export function renewLeases({ traffic, before, paths, env }: LeaseRenewal): Disposable {
  const isTransferring = async (serial: Serial): Promise<boolean> => {
    try {
      const lock = await lockFile(inLaptop(paths, serial).sessionLock, { env, waitSeconds: 0 });
      await lock.release();
      return false;
    } catch (error) {
      return error instanceof DsError && error.code === 'busy';
    }
  };
  void (async () => {
    for (const serial of before) if (await isTransferring(serial)) traffic.adopt(serial);
  })();
  const timer = setInterval(async () => {
    for (const serial of traffic.leasesWithoutSession()) {
      if (await isTransferring(serial)) traffic.renew(serial);
    }
  }, CHECK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
