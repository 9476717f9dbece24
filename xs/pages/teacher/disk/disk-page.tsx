/**
 * The disk: whether it suffices, who uses how much of it, what is damaged.
 */

import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { size, type Words } from '../../../../shared/words/words.ts';
import type { DamagedThing } from '../../../admin/damaged-things.ts';
import type { DiskParts, Relief } from '../../../admin/relief.ts';
import { dayName } from '../../frame/day-name.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { TeacherFrame } from '../../frame/teacher-frame.tsx';
import { Facts } from '../shown/facts.tsx';
import { MarkShape } from '../shown/marks.tsx';
import { DiskBar } from './disk-bar.tsx';
import { DiskCurve, type DiskCurveProps } from './disk-curve.tsx';
import { FullDisk } from './full-disk.tsx';

export interface DiskUse {
  serial: Serial;
  name: string;
  bytes: number;
  /** Its share. */
  quotaBytes: number;
  stuck: boolean;
}

export interface DiskProps {
  page: Page;
  facts: readonly { name: string; text: string }[];
  parts: DiskParts;
  days: DiskCurveProps['days'];
  fullOn: string | null;
  /** What could make room, the largest first; empty while there is enough. */
  relief: readonly Relief[];
  /** Largest first. */
  uses: readonly DiskUse[];
  damage: readonly { digest: string; found: number; names: readonly string[] }[];
  damagedThings: readonly DamagedThing[];
  /** Why the clock is not trusted, in English; null when it is. */
  distrust: string | null;
}

/** Longer lists are cut. */
const MAX_LINES = 300;

export function DiskPage(props: DiskProps): VNode {
  const { page, facts, parts, days, fullOn, relief, damage, damagedThings, distrust } = props;
  const { words } = page;
  const { _ } = words;
  return (
    <TeacherFrame page={page} title={_('Disk')} place="disk">
      {distrust === null ? null : (
        <div class="alert">
          <p>{_('The clock of this server is not trusted: nothing is removed')}</p>
          <p lang="en" dir="ltr">
            {distrust.charAt(0).toUpperCase() + distrust.slice(1)}
          </p>
          <p>
            {_('When its date is right, say so at its terminal:')}{' '}
            <code>xs-backup cleanup --trust-clock</code>
          </p>
        </div>
      )}
      <Damage words={words} damage={damage} damagedThings={damagedThings} />
      <DiskBar words={words} parts={parts} />
      <Facts facts={facts} card />
      <DiskCurve words={words} days={days} fullOn={fullOn} />
      {relief.length === 0 ? null : <FullDisk words={words} found={relief} />}
      <p>
        <a class="button" href="/xs-backup/disk/cleanup">
          {_('What makes room, and what goes next?')}
        </a>
      </p>
      <Uses {...props} />
    </TeacherFrame>
  );
}

function Uses({ page: { words }, parts, uses }: DiskProps) {
  const { _ } = words;
  return (
    <section>
      <h2>{_('Who takes how much')}</h2>
      <p>
        {_(
          'All laptops together may use {size}, each its share: a laptop that is new here less than the others. What several have is stored once.',
          { size: size(words, parts.room) },
        )}
      </p>
      {uses.length === 0 ? <p>{_('Known after the first cleanup.')}</p> : null}
      <ul class="uses">
        {uses.slice(0, MAX_LINES).map(({ serial, name, bytes, quotaBytes: share, stuck }) => (
          <li key={serial}>
            <a class="user" href={laptopPath(serial)}>
              <bdi>{name}</bdi>
            </a>
            <UseBar share={share > 0 ? bytes / share : 0} />
            <span>
              {_('{used} of {share}', { used: size(words, bytes), share: size(words, share) })}
              {stuck ? <strong> · {_('too much, and nothing more to remove')}</strong> : null}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A bar that is full at the laptop's share; above the share it has a notch. */
function UseBar({ share }: { share: number }) {
  const width = Math.max(1, Math.round(Math.min(1, share) * 196));
  return (
    <svg xmlns="http://www.w3.org/2000/svg" class="bar" width="200" height="16" aria-hidden="true">
      <rect x="1" y="1" width="198" height="14" fill="#ffffff" stroke="#1a1a1a" stroke-width="2" />
      <rect x="2" y="2" width={width} height="12" fill="#404040" />
      {share > 1 ? <path d="M180 2v12M188 2v12" stroke="#ffffff" stroke-width="3" /> : null}
    </svg>
  );
}

type DamageProps = { words: Words } & Pick<DiskProps, 'damage' | 'damagedThings'>;

function Damage({ words, damage, damagedThings }: DamageProps) {
  const { _ } = words;
  if (damage.length + damagedThings.length === 0) return null;
  return (
    <section>
      <h2 class="with-mark">
        <MarkShape mark="damaged" /> {_('Damaged')}
      </h2>
      <p>{_('It mends itself when any laptop sends the same content again.')}</p>
      <ul>
        {damagedThings.map((one) => (
          <li key={`${one.serial} ${one.uid}`}>
            <DamagedLine words={words} one={one} />
          </li>
        ))}
      </ul>
      {damage.length === 0 ? null : (
        <details>
          <summary>{_('The files, for who looks after the server')}</summary>
          <ul>
            {damage.slice(0, MAX_LINES).map(({ digest, found, names }) => (
              <li key={digest}>
                {words.date(found)}{' '}
                {names.map((name) => (
                  <code key={name}>{name} </code>
                ))}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** Whose thing, on which day it is damaged, and the way to a day that has it whole. */
function DamagedLine({ words, one }: { words: Words; one: DamagedThing }) {
  const { _, _n } = words;
  const { serial, nick, uid, title, days, wholeIn } = one;
  const dayOf = (name: string) => `/ds-restore/${serial}/${serial}/${name}/${uid}/`;
  const [newest, ...older] = days;
  return (
    <>
      <a href={laptopPath(serial)}>
        <bdi>{nick || serial}</bdi>
      </a>
      {': '}
      <bdi>{title ?? _('a thing without a title that can be read')}</bdi>
      {newest ? (
        <>
          {' · '}
          {_('damaged on')} <a href={dayOf(newest)}>{dayName(words, newest)}</a>
          {older.length > 0
            ? ` ${_n('and on {n} older day', 'and on {n} older days', older.length)}`
            : ''}
        </>
      ) : (
        ` · ${_('damaged where it is pinned or held aside')}`
      )}
      {' · '}
      {wholeIn ? (
        <>
          {_('whole on')} <a href={dayOf(wholeIn)}>{dayName(words, wholeIn)}</a>
        </>
      ) : (
        `${_('no day has it whole')}. ${
          one.gone
            ? _('Its laptop is used no more: only a copy elsewhere may have it.')
            : _(
                'Switch on this laptop near the server: what it still has, its next backup brings back.',
              )
        }`
      )}
    </>
  );
}
