/** What is pinned of one laptop: things, which have a limit of their own, and whole days. */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { size, type Words } from '../../../../shared/words/words.ts';
import { dayName } from '../../frame/day-name.ts';
import { ActLink } from '../acts/act-link.tsx';

export interface PinLine {
  uid: string;
  title: string;
  bytes: number;
  /** The day it was pinned from; and whether that is still stored. */
  snapshot: string;
  isHere: boolean;
}

interface PinsProps {
  words: Words;
  serial: Serial;
  pins: readonly PinLine[];
  snapshots: readonly { pinned: boolean; bytes: number }[];
  limit: number;
}

export function Pins({ words, serial, pins, snapshots, limit }: PinsProps): VNode | null {
  const { _, _n } = words;
  const sum = (all: readonly { bytes: number }[]) => all.reduce((n, { bytes }) => n + bytes, 0);
  const days = snapshots.filter(({ pinned }) => pinned);
  if (pins.length + days.length === 0) return null;
  return (
    <section>
      <h2>{_('Things kept for good')}</h2>
      <p>
        {_('{used} of the {limit} that pinned things may take', {
          used: size(words, sum(pins)),
          limit: size(words, limit),
        })}
      </p>
      {days.length === 0 ? null : (
        <p>
          {_n(
            'Besides, {n} whole day is pinned: {size}, which counts in the share of this laptop.',
            'Besides, {n} whole days are pinned: {size}, which count in the share of this laptop.',
            days.length,
            { size: size(words, sum(days)) },
          )}
        </p>
      )}
      <ul class="rows">
        {pins.map(({ uid, title, bytes, snapshot, isHere }) => (
          <li key={`${uid} ${snapshot}`}>
            <PinName serial={serial} uid={uid} day={isHere ? snapshot : null}>
              <bdi>{title || _('No title')}</bdi>
            </PinName>
            {snapshot === '' ? '' : ` · ${dayName(words, snapshot)}`} · {size(words, bytes)}{' '}
            <ActLink
              act={{ name: 'unpin', fields: { serial, pin: uid } }}
              label={_('Unpin')}
              about={title}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Leads to the thing while its day is stored. */
function PinName(props: { serial: Serial; uid: string; day: string | null; children: VNode }) {
  const { serial, uid, day, children } = props;
  if (day === null) return children;
  return <a href={`/ds-restore/${serial}/${serial}/${day}/${uid}/`}>{children}</a>;
}
