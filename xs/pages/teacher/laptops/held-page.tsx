/**
 * Backups held aside because much of a Journal was gone: a teacher accepts or discards them.
 */

import type { VNode } from 'preact';
import { ago, size, type Words } from '../../../../shared/words/words.ts';
import type { Page } from '../../frame/frame.tsx';
import { Pager } from '../../frame/pager.tsx';
import { type Paged, withQuery } from '../../frame/paging.ts';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { ActLink } from '../acts/act-link.tsx';
import type { LaptopCard } from '../shown/laptop-card.ts';
import { SearchOfMany } from './name-search.tsx';

export interface HeldLaptop {
  card: LaptopCard;
  /** Why the newest is held aside. */
  reason: string;
  /** The newest first. */
  held: readonly {
    name: string;
    created: number;
    entries: number;
    bytes: number;
    reason: string;
  }[];
  /** Number of entries in the newest accepted snapshot; null where there is none. */
  before: number | null;
  /** Titles in the newest one held aside, what changed last first; the first of them. Null: not looked up. */
  titles: readonly string[] | null;
}

/** All laptops of the school whose backups are held aside for one reason, on whatever page they are. */
export interface HeldGroup {
  reason: string;
  laptops: number;
  /** A digest of what is held aside of them. */
  sum: string;
}

export interface HeldProps {
  page: Page;
  groups: readonly HeldGroup[];
  /** Those with the same reason one after the other. */
  found: Paged<HeldLaptop>;
  /** As typed. */
  typed: string;
  now: number;
  done?: Done | undefined;
}

export function HeldPage({ page, groups, found, typed, now, done }: HeldProps): VNode {
  const { words } = page;
  const { _ } = words;
  return (
    <TeacherFrame page={page} title={_('Held aside')} place="held" done={done}>
      <p>
        {_(
          'When much of a Journal is suddenly gone, its backup waits here, and nothing from before is touched: there is no hurry.',
        )}
      </p>
      {groups.length === 0 ? <p>{_('None.')}</p> : null}
      <SearchOfMany words={words} action={PLACES.held} typed={typed} found={found} />
      <ul class="asking">
        {groups
          .map(
            (group) =>
              [group, found.shown.filter(({ reason }) => reason === group.reason)] as const,
          )
          .filter(([, some]) => some.length > 0)
          .map(([group, some]) => (
            <li key={group.reason} class="card">
              {group.laptops > 1 && typed === '' ? <Together words={words} group={group} /> : null}
              {some.map((one) => (
                <Held key={one.card.serial} words={words} laptop={one} now={now} />
              ))}
            </li>
          ))}
      </ul>
      <Pager
        words={words}
        paged={found}
        href={(n) => withQuery(PLACES.held, { q: typed, page: n })}
        before={_('Page before')}
        after={_('Next page')}
      />
    </TeacherFrame>
  );
}

/** What is said once for many, and done once for all of them: also for those on other pages. */
function Together({ words, group }: { words: Words; group: HeldGroup }) {
  const { _, _n } = words;
  const fields = { group: group.reason, sum: group.sum };
  return (
    <>
      <h2>
        {_n('{n} laptop', '{n} laptops', group.laptops)}: {heldReason(words, group.reason)}
      </h2>
      <p class="acts">
        <ActLink act={{ name: 'release-many', fields }} label={_('All of them were meant')} />
      </p>
      <Mistake words={words}>
        <ActLink act={{ name: 'drop-many', fields }} label={_('Throw all of these away')} />
      </Mistake>
    </>
  );
}

/** A wiped laptop needs no decision: what settles it comes first, and what removes something last. */
function Mistake({ words: { _ }, children }: { words: Words; children: VNode }) {
  return (
    <details>
      <summary>{_('It was a mistake, as when a laptop was wiped')}</summary>
      <p>
        {_(
          'Decide nothing here. Bring the Journal back on the laptop, in the Backup activity: with its next backup this settles itself.',
        )}
      </p>
      <p>{_('Only if nobody will ever need what came since:')}</p>
      <p class="acts">{children}</p>
    </details>
  );
}

function Held({ words, laptop, now }: { words: Words; laptop: HeldLaptop; now: number }) {
  const { _, _n } = words;
  const { card, held, before } = laptop;
  const fields = { serial: card.serial };
  return (
    <div class="one-of">
      <p class="whose">
        <XoIcon colors={card.colors} size={44} />{' '}
        <a href={laptopPath(card.serial)}>
          <bdi>{card.name}</bdi>
        </a>{' '}
        <span class="serial">{card.serial}</span>
      </p>
      {before === null ? null : (
        <p>
          {_n(
            'Before: {n} thing, which stays whatever you decide.',
            'Before: {n} things, which stay whatever you decide.',
            before,
          )}
        </p>
      )}
      <ul>
        {held.map((one) => (
          <li key={one.name}>
            {words.date(one.created)}, {words.clock(one.created)} · {ago(words, one.created, now)} ·{' '}
            {_n('{n} thing', '{n} things', one.entries)} · {size(words, one.bytes)} ·{' '}
            {heldReason(words, one.reason)}
          </li>
        ))}
      </ul>
      <InIt words={words} laptop={laptop} />
      <p class="acts">
        <ActLink act={{ name: 'release', fields }} label={_('It was meant')} about={card.name} />
      </p>
      <Mistake words={words}>
        <ActLink act={{ name: 'drop', fields }} label={_('Throw these away')} about={card.name} />
      </Mistake>
    </div>
  );
}

/** What the newest one has, to look at before anything is decided. */
function InIt({ words, laptop: { card, held, titles } }: { words: Words; laptop: HeldLaptop }) {
  const { _, _n } = words;
  if (titles === null) {
    return (
      <p>
        <a href={withQuery(PLACES.held, { q: card.serial })}>{_('What is in the newest one?')}</a>
      </p>
    );
  }
  if (titles.length === 0) return null;
  const rest = (held[0]?.entries ?? 0) - titles.length;
  return (
    <details>
      <summary>{_('What is in the newest one?')}</summary>
      <ul>
        {titles.map((title, n) => (
          <li key={`${n} ${title}`}>
            <bdi>{title || _('Without a title')}</bdi>
          </li>
        ))}
        {rest > 0 ? <li>{_n('and {n} more', 'and {n} more', rest)}</li> : null}
      </ul>
    </details>
  );
}

function heldReason({ _ }: Words, reason: string): string {
  switch (reason) {
    case 'empty':
      return _('the Journal is empty');
    case 'entries-lost':
      return _('many things are gone');
    case 'bytes-lost':
      return _('much of the content is gone');
    case 'half-made':
      return _('half made by the old backup program');
    default:
      return reason;
  }
}
