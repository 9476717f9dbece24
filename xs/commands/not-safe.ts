/**
 * `not-safe`: which entries of which laptops are not safe at school, and why, as the laptops said after
 * their last backups.
 */
import type { Serial } from '../../shared/ids.ts';
import type { NotSafe } from '../../shared/protocol/messages.ts';
import { damagedThings } from '../admin/damaged-things.ts';
import { type LaptopNotSafe, whatIsNotSafe } from '../admin/not-safe.ts';
import type { Library } from '../library.ts';
import { readNotSafe } from '../storage/not-safe.ts';
import { laptopArgument } from './arguments.ts';
import { answer, type Command } from './command.ts';
import { counted } from './lines.ts';

export const notSafe: Command = {
  onlyReads: true,
  takes: ['[LAPTOP]'],
  summary:
    'entries that are not safe at school, and why, as the laptops said after their last backups',
  run: (context) => {
    const { library, args } = context;
    const rows =
      args.length > 0 ? [ofLaptop(library, laptopArgument(context))] : whatIsNotSafe(library);
    answer(context, { laptops: rows }, () =>
      rows.length === 0
        ? ['no laptop says that anything is not safe']
        : rows.flatMap((row) => [...describe(row), ...damageOf(library, row.serial)]),
    );
  },
};

function ofLaptop({ paths, registrations }: Library, serial: Serial): LaptopNotSafe {
  return { serial, nick: registrations.nickOf(serial), ...readNotSafe(paths, serial) };
}

/** What was safe, and is damaged at school since: a laptop does not know of it. */
function damageOf(library: Library, serial: Serial): string[] {
  const count = damagedThings(library).filter((one) => one.serial === serial).length;
  if (count === 0) return [];
  return [
    `  ${counted(count, 'thing')} of its backups ${count === 1 ? 'is' : 'are'} damaged: see "xs-backup damage"`,
  ];
}

/** What the school has of an entry with a problem. */
const SCHOOL: Readonly<Record<NotSafe['entries'][number]['school'], string>> = {
  rest: 'the rest of it is safe',
  older: 'only an earlier version is safe',
  nothing: 'nothing of it is safe',
};

function describe({ serial, nick, count, entries }: LaptopNotSafe): string[] {
  const more = count - entries.length;
  return [
    `${nick || serial} (${serial}): ${count === 1 ? '1 thing is' : `${count} things are`} not safe`,
    ...entries.map(({ uid, title, why, school }) => {
      return `  ${JSON.stringify(title || uid)}: ${SCHOOL[school]}. ${why}`;
    }),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
