/**
 * All laptops as XO figures in their children's colours; what needs a teacher comes first.
 */

import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { type LaptopCard, safeText } from '../shown/laptop-card.ts';
import { MARKS, type Mark, MarkShape, markName } from '../shown/marks.tsx';

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
    <TeacherFrame page={page} title={_('Laptops')} place="class" done={done}>
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
    </TeacherFrame>
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
