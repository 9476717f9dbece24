/**
 * Which laptops in use have entries that are not safe, by their own reports.
 */
import type { Serial } from '../../shared/ids.ts';
import type { NotSafe } from '../../shared/protocol/messages.ts';
import type { Library } from '../library.ts';
import { successors } from '../registration/aliases.ts';
import { type Look, lookAt } from './laptop-facts.ts';

export type LaptopNotSafe = { serial: Serial; nick: string } & NotSafe;

/** Those with the most first; neither retired nor replaced ones, whose Journals are used no more. */
export function whatIsNotSafe(library: Library, look: Look = lookAt(library)): LaptopNotSafe[] {
  const { registrations } = library;
  const replaced = successors(registrations.bySerial());
  return registrations
    .all()
    .filter(([serial]) => registrations.isActive(serial) && !replaced.has(serial))
    .map(([serial, { nick }]) => ({ serial, nick, ...look(serial).notSafe }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || a.serial.localeCompare(b.serial));
}
