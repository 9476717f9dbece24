/**
 * Watches whether the laptop is on mains or battery: through UPower where it runs, else, as on an XO, read
 * from the kernel once a minute.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../shared/log.ts';
import type { Bus, Target } from '../../shared/system/bus.ts';
import { BATTERY_ALONE, type Power } from '../rules/obstacles.ts';
import { BusFacts } from './bus-facts.ts';

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

/**
 * How often to look, in milliseconds: at the kernel as long as UPower says nothing; at UPower as long as it says
 * that the battery is too low for work.
 */
const LOOK_MS = 60_000;

/** Calls `onPower` now and at each change, until it is disposed. */
export async function watchPower(
  bus: Bus | undefined,
  log: Log,
  onPower: (power: Power) => void,
  { supplies = SUPPLIES, lookMs = LOOK_MS }: { supplies?: string; lookMs?: number } = {},
): Promise<Disposable> {
  let told = '';
  let isSaid: boolean | undefined;
  let upower: BusFacts | undefined;
  let timer: NodeJS.Timeout | undefined;
  const tell = (power: Power) => {
    if (JSON.stringify(power) !== told) onPower(power);
    told = JSON.stringify(power);
    clearTimeout(timer);
    if (!isSaid || isLow(power)) timer = setTimeout(look, lookMs).unref();
  };
  const look = () => {
    if (isSaid) void upower?.read();
    else tell(readSupplies(supplies));
  };
  // Until UPower answers, and should it never.
  look();
  if (bus) {
    const following = BusFacts.follow(bus, [UPOWER, BATTERY], (facts, reason) => {
      if (!facts && isSaid !== false) log.info('no-upower', { reason: String(reason) });
      isSaid = facts !== undefined;
      tell(facts ? judgePower(facts) : readSupplies(supplies));
    });
    upower = await following.catch((error: unknown) => {
      clearTimeout(timer); // nobody could dispose of it
      throw error;
    });
  }
  return {
    [Symbol.dispose]: () => {
      upower?.[Symbol.dispose]();
      clearTimeout(timer);
    },
  };
}

function isLow(power: Power): boolean {
  return typeof power === 'object' && power.percent < BATTERY_ALONE;
}

/** What UPower's properties mean. A battery that is not in the laptop has a charge of 0. */
export function judgePower({ OnBattery, Percentage, IsPresent }: Record<string, unknown>): Power {
  if (OnBattery === false) return 'mains';
  if (OnBattery !== true || IsPresent === false) return 'unknown';
  if (typeof Percentage !== 'number' || Number.isNaN(Percentage)) return 'unknown';
  return { percent: Math.max(0, Math.min(100, Percentage)) };
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
