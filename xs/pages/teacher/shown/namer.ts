/** What laptops are called on a page: two children may be called Jim. Pure. */
import type { Serial } from '../../../../shared/ids.ts';
import { sharedNicks } from '../../../registration/aliases.ts';

/**
 * Names laptops by nick, with the serial number behind it where several have the nick, and by their serial
 * number alone where they have none.
 */
export function namer(laptops: ReadonlyMap<Serial, { nick: string }>): (serial: string) => string {
  const namesakes = new Set(sharedNicks([...laptops.values()].map(({ nick }) => nick)));
  return (serial) => {
    const nick = laptops.get(serial as Serial)?.nick;
    if (!nick) return serial;
    return namesakes.has(nick) ? `${nick} (${serial})` : nick;
  };
}
