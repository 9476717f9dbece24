/** One laptop in a list: figure, shape, name, its state in words. */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { type LaptopCard, safeText } from './laptop-card.ts';
import { MarkShape, markName } from './marks.tsx';

export interface LaptopTileProps {
  words: Words;
  card: LaptopCard;
  /** Seconds since 1970. */
  now: number;
  href: string;
}

export function LaptopTile({ words, card, now, href }: LaptopTileProps): VNode {
  const { serial, name, colors, mark } = card;
  return (
    <a class="tile small" href={href}>
      <span class="figure">
        <XoIcon colors={colors} size={44} />
        <MarkShape mark={mark} size={20} />
      </span>
      <span class="who">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <span class="when">
          {[...card.states.map((one) => markName(words, one)), safeText(words, card, now)]
            .filter(Boolean)
            .join(' · ')}
        </span>
        {name === serial ? null : <span class="serial">{serial}</span>}
      </span>
    </a>
  );
}
