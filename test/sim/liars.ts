/**
 * Devices that want to keep a school from its backups: each asks all the time, whatever the answer. One half
 * has keys of made-up laptops and opens a channel over which nothing comes; the other half asks in the name
 * of the school's laptops and never comes. They have some addresses, not one each.
 */
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { seeded } from '../shared/random.ts';
import type { Events } from './events.ts';
import type { Method } from './methods.ts';
import { type Day, makeLaptops } from './school-day.ts';

export interface Liar {
  address: string;
  /** The made-up laptop whose key it has; undefined for one that has none. */
  own: Serial | undefined;
  /** In whose name it asks, in turn. */
  names: readonly Serial[];
  /** Seconds. */
  arrives: number;
}

/** Seconds between two questions of a liar. */
const EVERY = 15;
const ADDRESSES = 20;
const NAMES = 50;

export function makeLiars(day: Day): Liar[] {
  const random = seeded(day.seed + 0x11a5);
  const school = makeLaptops(day).map(({ serial }) => serial);
  return Array.from({ length: day.liars ?? 0 }, (_, n) => {
    const own = parseSerial(`LIE${String(n).padStart(8, '0')}`);
    const stolen = Array.from({ length: NAMES }, () => school[random.below(school.length)] ?? own);
    const isMadeUp = n % 2 === 0;
    return {
      address: `liar ${n % ADDRESSES}`,
      own: isMadeUp ? own : undefined,
      names: isMadeUp ? [own] : stolen,
      arrives: random.below(EVERY * 1000) / 1000,
    };
  });
}

/** Asks, and opens an idle channel where it has a key; again and again until the day is over. */
export function lie(liar: Liar, method: Method, events: Events, isOver: () => boolean): void {
  if (isOver()) return;
  const name = liar.names[Math.floor(events.now / EVERY) % liar.names.length];
  const answer = name && method.ask(name, liar.address);
  if (answer?.admit && liar.own) method.began(liar.own);
  events.after(EVERY, () => lie(liar, method, events, isOver));
}
