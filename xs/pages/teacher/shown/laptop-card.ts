/**
 * A laptop as lists show it: name, colours, how it stands, when its Journal was last safe. Pure.
 */
import type { Serial } from '../../../../shared/ids.ts';
import { ago, type Words } from '../../../../shared/words/words.ts';
import type { LaptopRow } from '../../../admin/laptop-list.ts';
import { standing } from '../../../admin/status.ts';
import { MARKS, type Mark, markOf } from './marks.tsx';

export interface LaptopCard {
  serial: Serial;
  /** The nick, or the serial number of a laptop without one. */
  name: string;
  colors: string | null;
  mark: Mark;
  /** When its Journal was last known to be safe, in seconds; null for never. */
  safeAt: number | null;
}

export type RowFacts = Pick<
  LaptopRow,
  'serial' | 'nick' | 'colors' | 'retired' | 'waiting' | 'held' | 'damaged' | 'lastSuccess'
>;

/** What needs a teacher first, then by name. */
export function cardsOf(rows: readonly RowFacts[], now: Date): LaptopCard[] {
  return rows
    .map((row) => cardOf(row, now))
    .sort(
      (a, b) =>
        MARKS.indexOf(a.mark) - MARKS.indexOf(b.mark) ||
        a.name.localeCompare(b.name) ||
        a.serial.localeCompare(b.serial),
    );
}

export function cardOf(row: RowFacts, now: Date): LaptopCard {
  const { serial, nick, colors, lastSuccess } = row;
  const mark = markOf({
    ...{ retired: row.retired !== null, waiting: row.waiting.length > 0, held: row.held > 0 },
    standing: standing(lastSuccess, now, row.damaged).standing,
  });
  const safeAt = lastSuccess === null ? null : Math.floor(Date.parse(lastSuccess) / 1000);
  return { serial, name: nick || serial, colors, mark, safeAt };
}

/** When it was last safe: `3 days ago`. Empty for never, which its mark says already. */
export function safeText(words: Words, { safeAt }: LaptopCard, now: number): string {
  return safeAt === null ? '' : ago(words, safeAt, now);
}
