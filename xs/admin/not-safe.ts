/**
 * Which laptops in use have entries that are not safe, by their own reports.
 */
import type { Serial } from '../../shared/ids.ts';
import type { NotSafe } from '../../shared/protocol/messages.ts';
import type { Library } from '../library.ts';
import { successors } from '../registration/aliases.ts';
import { readNotSafe } from '../storage/not-safe.ts';

export type LaptopNotSafe = { serial: Serial; nick: string } & NotSafe;

/** Those with the most first; neither retired nor replaced ones, whose Journals are used no more. */
export function whatIsNotSafe({ paths, registrations }: Library): LaptopNotSafe[] {
  const replaced = successors(registrations.bySerial());
  return registrations
    .all()
    .filter(([serial]) => registrations.isActive(serial) && !replaced.has(serial))
    .map(([serial, { nick }]) => ({ serial, nick, ...readNotSafe(paths, serial) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || a.serial.localeCompare(b.serial));
}
