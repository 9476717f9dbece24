/**
 * A laptop as lists show it: name, colours, how it stands, when its Journal was last safe. Pure.
 */
import type { Serial } from '../../../../shared/ids.ts';
import { ago, type Words } from '../../../../shared/words/words.ts';
import type { LaptopRow } from '../../../admin/laptop-list.ts';
import { MARKS, type Mark } from './marks.tsx';

/** What is said of a laptop by name only. */
export interface KnownLaptop {
  serial: Serial;
  nick: string;
}

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
  /** At least so many days ago, where the clock does not say when; null where it does. */
  atLeastDays: number | null;
  /** When it registered, in seconds. */
  registeredAt: number;
}

export type RowFacts = Pick<
  LaptopRow,
  'serial' | 'nick' | 'colors' | 'registered' | 'lastSuccess' | 'days' | 'atLeast' | 'states'
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
  const { serial, nick, colors, lastSuccess, states } = row;
  return {
    ...{ serial, name: nick || serial, colors, states, mark: states[0] ?? 'never' },
    safeAt: lastSuccess === null ? null : Math.floor(Date.parse(lastSuccess) / 1000),
    atLeastDays: row.atLeast ? row.days : null,
    registeredAt: Math.floor(Date.parse(row.registered) / 1000),
  };
}

/**
 * When it was last safe: `3 days ago`. Empty for never, which its mark says already. While the clock is in doubt
 * only days that have surely passed are said.
 */
export function safeText(words: Words, card: LaptopCard, now: number): string {
  const { safeAt, atLeastDays: days } = card;
  if (days === null) return safeAt === null ? '' : ago(words, safeAt, now);
  if (days === 0) return '';
  return words._n('at least {n} day ago', 'at least {n} days ago', days);
}
