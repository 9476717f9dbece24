/**
 * Whose new laptop is this? Chosen by figure, nick and colours among the laptops it could replace.
 */

import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { ago } from '../../../../shared/words/words.ts';
import { possibleOlder } from '../../../registration/aliases.ts';
import type { Laptop } from '../../../registration/laptop-record.ts';
import type { Page } from '../../frame/frame.tsx';
import { Pager } from '../../frame/pager.tsx';
import { type Paged, withQuery } from '../../frame/paging.ts';
import { laptopPath } from '../../frame/paths.ts';
import { TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { askPath } from '../acts/acts.ts';
import type { LaptopCard } from '../shown/laptop-card.ts';
import { LaptopTile } from '../shown/laptop-tile.tsx';
import { NameSearch } from './name-search.tsx';

/** The laptops it may replace: those with the same name first, then the longest unseen. */
export function olderLaptops(
  newer: Serial,
  cards: readonly LaptopCard[],
  laptops: ReadonlyMap<Serial, Laptop>,
): LaptopCard[] {
  const name = cards.find(({ serial }) => serial === newer)?.name.toLowerCase();
  const rank = (card: LaptopCard) => (card.name.toLowerCase() === name ? 0 : 1);
  const isPossible = possibleOlder(newer, laptops);
  return cards
    .filter(({ serial, safeAt }) => safeAt !== null && isPossible(serial))
    .sort((a, b) => rank(a) - rank(b) || (a.safeAt ?? 0) - (b.safeAt ?? 0));
}

export interface ReplaceProps {
  page: Page;
  newer: LaptopCard;
  /** As typed. */
  typed: string;
  choices: Paged<LaptopCard>;
  now: number;
}

export function ReplacePage({ page, newer, typed, choices, now }: ReplaceProps): VNode {
  const { words } = page;
  const { _ } = words;
  const path = `${laptopPath(newer.serial)}/replaces`;
  return (
    <TeacherFrame page={page} title={_('Whose new laptop is this?')} place="class">
      <p class="whose">
        <XoIcon colors={newer.colors} size={55} />{' '}
        <strong>
          <bdi>{newer.name}</bdi>
        </strong>{' '}
        <span class="serial">{newer.serial}</span>{' '}
        <span>{_('registered {ago}', { ago: ago(words, newer.registeredAt, now) })}</span>
      </p>
      <p>{_('Choose the old laptop of this child. You can undo this later.')}</p>
      <NameSearch words={words} action={path} typed={typed} />
      {choices.total === 0 ? (
        <p>{_('No laptop has this name or serial number here. Try fewer letters.')}</p>
      ) : null}
      <ul class="class">
        {choices.shown.map((card) => (
          <li key={card.serial}>
            <LaptopTile
              {...{ words, card, now }}
              href={askPath({ name: 'alias', fields: { serial: newer.serial, of: card.serial } })}
            />
          </li>
        ))}
      </ul>
      <Pager
        words={words}
        paged={choices}
        href={(n) => withQuery(path, { q: typed, page: n })}
        before={_('Page before')}
        after={_('Next page')}
      />
    </TeacherFrame>
  );
}
