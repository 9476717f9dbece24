/**
 * Watches whether the laptop is on mains or battery: through UPower where it runs, else, as on an XO, read
 * from the kernel once a minute.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../shared/log.ts';
import type { Bus, Target } from '../../shared/system/bus.ts';
import type { Power } from '../rules/obstacles.ts';

const UPOWER: Target = {
  name: 'org.freedesktop.UPower',
  path: '/org/freedesktop/UPower',
  iface: 'org.freedesktop.UPower',
};
/** All batteries together. */
const BATTERY: Target = {
  name: UPOWER.name,
  path: '/org/freedesktop/UPower/devices/DisplayDevice',
  iface: 'org.freedesktop.UPower.Device',
};
const SUPPLIES = '/sys/class/power_supply';

/** How often the kernel is asked where there is no UPower, in milliseconds. */
const LOOK_MS = 60_000;

/** Calls `onPower` now and at each change. Disposing ends it where there is no UPower. */
export async function watchPower(
  bus: Bus | undefined,
  log: Log,
  onPower: (power: Power) => void,
  { supplies = SUPPLIES, lookMs = LOOK_MS }: { supplies?: string; lookMs?: number } = {},
): Promise<Disposable> {
  try {
    if (!bus) throw new Error('no system bus');
    const known = { ...(await bus.properties(UPOWER)), ...(await bus.properties(BATTERY)) };
    const take = (changed: Record<string, unknown>) => {
      Object.assign(known, changed);
      onPower(judgePower(known.OnBattery, known.Percentage));
    };
    await bus.onProperties(UPOWER, take);
    await bus.onProperties(BATTERY, take);
    take({});
    return { [Symbol.dispose]: () => {} };
  } catch (error) {
    log.info('no-upower', { reason: String(error) });
    let before = readSupplies(supplies);
    onPower(before);
    const look = () => {
      const now = readSupplies(supplies);
      if (JSON.stringify(now) !== JSON.stringify(before)) onPower(now);
      before = now;
    };
    const timer = setInterval(look, lookMs).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }
}

/** What UPower's two properties mean. */
export function judgePower(onBattery: unknown, percentage: unknown): Power {
  if (onBattery === false) return 'mains';
  if (onBattery !== true || typeof percentage !== 'number') return 'unknown';
  return { percent: Math.max(0, Math.min(100, percentage)) };
}

/** What the kernel's power supplies say; unknown where there are none. */
export function readSupplies(folder: string = SUPPLIES): Power {
  const supplies = namesIn(folder).map((name) => {
    const read = (file: string) => readLine(join(folder, name, file));
    return {
      type: read('type'),
      online: read('online'),
      capacity: read('capacity'),
      scope: read('scope'),
    };
  });
  // Supplies of devices, such as a mouse, do not feed the laptop.
  const own = supplies.filter(({ scope }) => scope !== 'Device');
  if (own.some(({ type, online }) => type !== 'Battery' && online === '1')) return 'mains';
  const levels = own
    .filter(({ type }) => type === 'Battery')
    .map(({ capacity }) => Number(capacity))
    .filter((level) => level >= 0 && level <= 100);
  if (levels.length > 0) return { percent: Math.max(...levels) };
  return own.length === 0 ? 'unknown' : 'mains';
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readLine(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}
