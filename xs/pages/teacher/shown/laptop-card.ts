/**
 * A laptop as lists show it: name, colours, how it stands, when its Journal was last safe. Pure.
 */
import type { Serial } from '../../../../shared/ids.ts';
import { ago, type Words } from '../../../../shared/words/words.ts';
import type { LaptopRow } from '../../../admin/laptop-list.ts';
import { standing } from '../../../admin/status.ts';
import { MARKS, type Mark, statesOf } from './marks.tsx';

export interface LaptopCard {
  serial: Serial;
  /** The nick, or the serial number of a laptop without one. */
  name: string;
  colors: string | null;
  /** The state it is shown with. */
  mark: Mark;
  /** All states it is in. */
  states: readonly Mark[];
  /** When its Journal was last known to be safe, in seconds; null for never. */
  safeAt: number | null;
  /** When it registered, in seconds. */
  registeredAt: number;
}

export type RowFacts = Pick<
  LaptopRow,
  | 'serial'
  | 'nick'
  | 'colors'
  | 'registered'
  | 'retired'
  | 'replacedBy'
  | 'waiting'
  | 'held'
  | 'damaged'
  | 'notSafe'
  | 'lastSuccess'
  | 'days'
>;

const byName = new Intl.Collator();

/** What needs a teacher first, then by name. */
export function cardsOf(rows: readonly RowFacts[]): LaptopCard[] {
  return rows
    .map(cardOf)
    .sort(
      (a, b) =>
        MARKS.indexOf(a.mark) - MARKS.indexOf(b.mark) ||
        byName.compare(a.name, b.name) ||
        a.serial.localeCompare(b.serial),
    );
}

export function cardOf(row: RowFacts): LaptopCard {
  const { serial, nick, colors, lastSuccess } = row;
  const notSafe = row.notSafe > 0;
  const states = statesOf({
    ...{ retired: row.retired !== null, replaced: row.replacedBy !== null },
    ...{ waiting: row.waiting.length > 0, held: row.held > 0 },
    notSafe,
    standing: standing(row.days, { damaged: row.damaged, notSafe }),
  });
  return {
    ...{ serial, name: nick || serial, colors, states, mark: states[0] ?? 'never' },
    safeAt: lastSuccess === null ? null : Math.floor(Date.parse(lastSuccess) / 1000),
    registeredAt: Math.floor(Date.parse(row.registered) / 1000),
  };
}

/** When it was last safe: `3 days ago`. Empty for never, which its mark says already. */
export function safeText(words: Words, { safeAt }: LaptopCard, now: number): string {
  return safeAt === null ? '' : ago(words, safeAt, now);
}
