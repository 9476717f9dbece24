/**
 * All laptops as the children that stand for them, in their colours; what needs a teacher comes first.
 */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { ago, type Words } from '../../../../shared/words/words.ts';
import type { LaptopRow } from '../../../admin/laptop-list.ts';
import { standing } from '../../../admin/status.ts';
import type { Page } from '../../frame.tsx';
import { XoIcon } from '../../xo-icon.tsx';
import { laptopPath } from '../acts/acts.ts';
import { MARKS, type Mark, MarkShape, markName, markOf } from '../marks.tsx';
import { AdminFrame, type Done, PLACES } from '../teacher-frame.tsx';

export interface LaptopCard {
  serial: Serial;
  name: string;
  colors: string | null;
  mark: Mark;
  /** When its Journal was last known to be safe, in seconds; null for never. */
  safeAt: number | null;
}

type RowFacts = Pick<
  LaptopRow,
  'serial' | 'nick' | 'colors' | 'retired' | 'waiting' | 'held' | 'lastSuccess'
>;

/** In the order in which a teacher looks at them: by mark, then by name. */
export function classView(rows: readonly RowFacts[], now: Date): LaptopCard[] {
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
    standing: standing(lastSuccess, now).standing,
  });
  const safeAt = lastSuccess === null ? null : Math.floor(Date.parse(lastSuccess) / 1000);
  return { serial, name: nick || serial, colors, mark, safeAt };
}

export interface ClassProps {
  page: Page;
  cards: readonly LaptopCard[];
  only: Mark | null;
  /** Seconds since 1970. */
  now: number;
  done?: Done | undefined;
}

export function ClassPage({ page, cards, only, now, done }: ClassProps): VNode {
  const { words } = page;
  const { _, _n } = words;
  const shown = only === null ? cards : cards.filter(({ mark }) => mark === only);
  const counted = MARKS.map((mark) => ({
    mark,
    count: cards.filter((card) => card.mark === mark).length,
  }));
  return (
    <AdminFrame page={page} title={_('Laptops')} place="class" done={done}>
      <nav class="filter" aria-label={_('Which laptops')}>
        <ul>
          <li>
            <a class="tab" href={PLACES.class} aria-current={only === null ? 'true' : undefined}>
              {_n('{n} laptop', '{n} laptops', cards.length)}
            </a>
          </li>
          {counted
            .filter(({ count, mark }) => count > 0 || mark === only)
            .map(({ mark, count }) => (
              <li key={mark}>
                <a
                  class="tab"
                  href={`${PLACES.class}?only=${mark}`}
                  aria-current={mark === only ? 'true' : undefined}
                >
                  <MarkShape mark={mark} size={20} /> {markName(words, mark)}: {words.number(count)}
                </a>
              </li>
            ))}
        </ul>
      </nav>
      {shown.length === 0 ? <p>{_('There is no such laptop.')}</p> : null}
      <ul class="class">
        {shown.map((card) => (
          <li key={card.serial}>
            <LaptopPicture words={words} card={card} now={now} />
          </li>
        ))}
      </ul>
    </AdminFrame>
  );
}

/** One child's laptop: figure, shape, name, how it stands in words. */
function LaptopPicture({ words, card, now }: { words: Words; card: LaptopCard; now: number }) {
  const { serial, name, colors, mark } = card;
  return (
    <a class="tile" href={laptopPath(serial)}>
      <span class="figure">
        <XoIcon colours={colors} size={72} />
        <MarkShape mark={mark} />
      </span>
      <strong>
        <bdi>{name}</bdi>
      </strong>
      <span>{markName(words, mark)}</span>
      <span class="when">{safeText(words, card, now)}</span>
      <span class="serial">{serial}</span>
    </a>
  );
}

/** When it was last safe: `3 days ago`. Empty for never, which its mark says already. */
export function safeText(words: Words, { safeAt }: LaptopCard, now: number): string {
  return safeAt === null ? '' : ago(words, safeAt, now);
}
