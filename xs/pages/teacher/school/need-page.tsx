/**
 * One thing that needs somebody: what it is, why, what to do, and every laptop that it is about. Pure.
 */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { concernAdvice, concernText } from '../../../admin/concern-words.ts';
import type { Concern, ConcernType } from '../../../admin/concerns.ts';
import { wayOutOf, waysOut } from '../../../admin/ways-out.ts';
import type { Page } from '../../frame/frame.tsx';
import { Pager } from '../../frame/pager.tsx';
import { type Paged, withQuery } from '../../frame/paging.ts';
import { laptopPath } from '../../frame/paths.ts';
import { PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import type { LaptopCard } from '../shown/laptop-card.ts';
import { LaptopTile } from '../shown/laptop-tile.tsx';

/** A laptop that it is about; without a card it is not registered here. */
export interface Needing {
  serial: Serial;
  card: LaptopCard | undefined;
}

export interface NeedProps {
  page: Page;
  /** Undefined where it is settled. */
  concern: Concern | undefined;
  laptops: Paged<Needing>;
  /** Seconds since 1970. */
  now: number;
}

export function needPath(type: ConcernType): string {
  return `/xs-backup/needs/${type}`;
}

export function NeedPage({ page, concern, laptops, now }: NeedProps): VNode {
  const { words } = page;
  const { _ } = words;
  if (!concern) {
    return (
      <TeacherFrame page={page} title={_('What needs you')} place="status">
        <p>{_('This is settled.')}</p>
      </TeacherFrame>
    );
  }
  return (
    <TeacherFrame page={page} title={concernText(words, concern)} place="status">
      {reasonsOf(concern).map((reason) => (
        <p key={reason} class="alert" lang="en" dir="ltr">
          {reason}
        </p>
      ))}
      <p>{concernAdvice(words, concern)}</p>
      {concern.type === 'damaged-laptops' ? (
        <p>
          <a class="button" href={PLACES.disk}>
            {_('Which things are damaged')}
          </a>
        </p>
      ) : null}
      <ul class="class">
        {laptops.shown.map(({ serial, card }) => (
          <li key={serial}>
            {card ? (
              <LaptopTile words={words} card={card} now={now} href={laptopPath(serial)} />
            ) : (
              <span class="serial">{serial}</span>
            )}
          </li>
        ))}
      </ul>
      <Pager
        words={words}
        paged={laptops}
        href={(n) => withQuery(needPath(concern.type), { page: n })}
        before={_('Page before')}
        after={_('Next page')}
      />
    </TeacherFrame>
  );
}

/** As the terminal tells them, in English. */
function reasonsOf(concern: Concern): string[] {
  switch (concern.type) {
    case 'faults':
      return concern.faults.flatMap((one) => [`${one.part}: ${one.reason}`, wayOutOf(one)]);
    case 'sandbox':
      return [concern.reason, ...waysOut(concern)];
    case 'teachers-of-copy':
      return [concern.names.join(', ')];
    default:
      return [];
  }
}
