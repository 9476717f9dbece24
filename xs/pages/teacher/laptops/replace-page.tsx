/**
 * Whose new laptop is this? Chosen by figure, nick and colours among the laptops it could replace.
 */

import type { VNode } from 'preact';
import { DsError } from '../../../../shared/errors.ts';
import type { Serial } from '../../../../shared/ids.ts';
import { checkAlias } from '../../../registration/aliases.ts';
import type { Laptop } from '../../../registration/laptop-record.ts';
import type { Page } from '../../frame/frame.tsx';
import { TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { askPath } from '../acts/acts.ts';
import { type LaptopCard, safeText } from '../shown/laptop-card.ts';

/** The laptops it may replace: those with the same name first, then the longest unseen. */
export function olderLaptops(
  newer: Serial,
  cards: readonly LaptopCard[],
  laptops: ReadonlyMap<Serial, Laptop>,
): LaptopCard[] {
  const name = cards.find(({ serial }) => serial === newer)?.name.toLowerCase();
  const rank = (card: LaptopCard) => (card.name.toLowerCase() === name ? 0 : 1);
  return cards
    .filter(({ serial, safeAt }) => safeAt !== null && isPossible(newer, serial, laptops))
    .sort((a, b) => rank(a) - rank(b) || (a.safeAt ?? 0) - (b.safeAt ?? 0));
}

function isPossible(newer: Serial, older: Serial, laptops: ReadonlyMap<Serial, Laptop>): boolean {
  try {
    checkAlias(newer, older, laptops);
    return true;
  } catch (error) {
    if (error instanceof DsError) return false;
    throw error;
  }
}

export interface ReplaceProps {
  page: Page;
  newer: LaptopCard;
  choices: readonly LaptopCard[];
  now: number;
}

export function ReplacePage({ page, newer, choices, now }: ReplaceProps): VNode {
  const { words } = page;
  const { _ } = words;
  return (
    <TeacherFrame page={page} title={_('Whose new laptop is this?')} place="class">
      <p class="whose">
        <XoIcon colours={newer.colors} size={55} />{' '}
        <strong>
          <bdi>{newer.name}</bdi>
        </strong>{' '}
        <span class="serial">{newer.serial}</span>
      </p>
      <p>{_('Choose the old laptop of this child. You can undo this later.')}</p>
      {choices.length === 0 ? <p>{_('There is no such laptop.')}</p> : null}
      <ul class="class">
        {choices.map(({ serial, name, colors, ...card }) => (
          <li key={serial}>
            <a
              class="tile"
              href={askPath({ name: 'alias', fields: { serial: newer.serial, of: serial } })}
            >
              <span class="figure">
                <XoIcon colours={colors} size={72} />
              </span>
              <strong>
                <bdi>{name}</bdi>
              </strong>
              <span class="when">{safeText(words, { serial, name, colors, ...card }, now)}</span>
              <span class="serial">{serial}</span>
            </a>
          </li>
        ))}
      </ul>
    </TeacherFrame>
  );
}
