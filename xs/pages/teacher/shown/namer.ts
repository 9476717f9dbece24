/** What laptops are called on a page: two children may be called Jim. Pure. */
import type { Serial } from '../../../../shared/ids.ts';
import { sharedNicks } from '../../../registration/aliases.ts';

/** The nick, with the serial number behind it where several have it; that number alone where there is none. */
export function nameApart(
  { serial, nick }: { serial: string; nick: string },
  namesakes: ReadonlySet<string>,
): string {
  return namesakes.has(nick) ? `${nick} (${serial})` : nick || serial;
}

/**
 * Names laptops by nick, with the serial number behind it where several have the nick, and by their serial
 * number alone where they have none.
 */
export function namer(laptops: ReadonlyMap<Serial, { nick: string }>): (serial: string) => string {
  const namesakes = new Set(sharedNicks([...laptops.values()].map(({ nick }) => nick)));
  return (serial) => {
    return nameApart({ serial, nick: laptops.get(serial as Serial)?.nick ?? '' }, namesakes);
  };
}
