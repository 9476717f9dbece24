/** Traffic control with a clock that a test moves, and questions to it. */
import { parseSerial, type Serial } from '../../../shared/ids.ts';
import type { TrafficRules } from '../../../xs/traffic/admit.ts';
import { CALM } from '../../../xs/traffic/pressure.ts';
import type { Purpose } from '../../../xs/traffic/queue.ts';
import { Traffic } from '../../../xs/traffic/traffic.ts';

export const rules: TrafficRules = {
  ...{ slots: 2, restoreSlots: 1, leaseSeconds: 120, minFreePercent: 3, perSubnet: 0 },
};
export const roomy = { freeBytes: 1e12, usedBytes: 1e9, freeBlocks: 0.5, freeInodes: 0.5 };

export function serialOf(n: number): Serial {
  return parseSerial(`TST${String(n).padStart(8, '0')}`);
}

export function start(changed: Partial<TrafficRules> = {}) {
  let ms = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => ms, sleep: async () => {} };
  const pass = (seconds: number) => {
    ms += seconds * 1000;
  };
  const successes = new Map<Serial, number>();
  const noteSuccess = (serial: Serial, time: Date) => void successes.set(serial, time.getTime());
  const timeOf = (serial: Serial) => successes.get(serial);
  const traffic = new Traffic(clock, { ...rules, ...changed }, undefined, timeOf);
  const ask = (n: number, purpose: Purpose = 'backup', disk = roomy, subnet?: string) =>
    traffic.ask({ serial: serialOf(n), purpose, subnet }, { disk, pressure: CALM });
  return { traffic, noteSuccess, pass, ask, seconds: () => ms / 1000 };
}
