/**
 * Backups held aside because much of a Journal was gone: a teacher accepts or discards them.
 */

import type { VNode } from 'preact';
import { ago, size, type Words } from '../../../../shared/words/words.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { ActLink } from '../acts/act-link.tsx';
import type { LaptopCard } from '../shown/laptop-card.ts';

export interface HeldLaptop {
  card: LaptopCard;
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
  /** Titles in the newest one held aside, what changed last first; the first of them. */
  titles: readonly string[];
}

export interface HeldProps {
  page: Page;
  laptops: readonly HeldLaptop[];
  now: number;
  done?: Done | undefined;
}

export function HeldPage({ page, laptops, now, done }: HeldProps): VNode {
  const { words } = page;
  const { _ } = words;
  return (
    <TeacherFrame page={page} title={_('Held aside')} place="held" done={done}>
      <p>
        {_(
          'When much of a Journal is suddenly gone, its backup waits here, and nothing from before is touched: there is no hurry.',
        )}
      </p>
      {laptops.length === 0 ? <p>{_('None.')}</p> : null}
      <ul class="asking">
        {[...byReason(laptops)].map(([reason, some]) => (
          <li key={reason} class="card">
            {some.length > 1 ? <Together words={words} reason={reason} laptops={some} /> : null}
            {some.map((one) => (
              <Held key={one.card.serial} words={words} laptop={one} now={now} />
            ))}
          </li>
        ))}
      </ul>
    </TeacherFrame>
  );
}

/** One card for all laptops that were held aside for the same reason. */
function byReason(laptops: readonly HeldLaptop[]): Map<string, HeldLaptop[]> {
  const groups = new Map<string, HeldLaptop[]>();
  for (const one of laptops) {
    const reason = one.held[0]?.reason ?? '';
    groups.set(reason, [...(groups.get(reason) ?? []), one]);
  }
  return groups;
}

interface TogetherProps {
  words: Words;
  reason: string;
  laptops: readonly HeldLaptop[];
}

/** What is said once for many, and done once for all of them. */
function Together({ words, reason, laptops }: TogetherProps) {
  const { _, _n } = words;
  const fields = { serials: laptops.map(({ card }) => card.serial).join() };
  return (
    <>
      <h2>
        {_n('{n} laptop', '{n} laptops', laptops.length)}: {heldReason(words, reason)}
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
function InIt({ words, laptop: { held, titles } }: { words: Words; laptop: HeldLaptop }) {
  const { _, _n } = words;
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
