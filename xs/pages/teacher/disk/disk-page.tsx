/**
 * The disk: whether it suffices, who uses how much of it, what is damaged.
 */

import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { size, type Words } from '../../../../shared/words/words.ts';
import type { DiskParts, Relief } from '../../../admin/relief.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { TeacherFrame } from '../../frame/teacher-frame.tsx';
import { Facts } from '../shown/facts.tsx';
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
  /** The share of a laptop with a history, in bytes. */
  quotaBytes: number;
  /** Largest first. */
  uses: readonly DiskUse[];
  damage: readonly { digest: string; found: number; names: readonly string[] }[];
  /** Why the clock is not trusted, in English; null when it is. */
  distrust: string | null;
}

/** Longer lists are cut. */
const MAX_LINES = 300;

export function DiskPage(props: DiskProps): VNode {
  const { page, facts, parts, days, fullOn, relief, damage, distrust } = props;
  const { words } = page;
  const { _ } = words;
  return (
    <TeacherFrame page={page} title={_('Disk')} place="disk">
      {distrust === null ? null : (
        <div class="alert">
          <p>{_('The clock of this server is not trusted: nothing is removed')}</p>
          <p lang="en" dir="ltr">
            {distrust}
          </p>
          <p>
            {_('When its date is right, say so at its terminal:')}{' '}
            <code>xs-backup cleanup --trust-clock</code>
          </p>
        </div>
      )}
      <DiskBar words={words} parts={parts} />
      <Facts facts={facts} card />
      <DiskCurve words={words} days={days} fullOn={fullOn} />
      {relief.length === 0 ? null : <FullDisk words={words} found={relief} />}
      <p>
        <a class="button" href="/xs-backup/disk/cleanup">
          {_('What would the next cleanup remove?')}
        </a>
      </p>
      <Uses {...props} />
      {damage.length === 0 ? null : <Damage words={words} damage={damage} />}
    </TeacherFrame>
  );
}

function Uses({ page: { words }, quotaBytes, uses }: DiskProps) {
  const { _ } = words;
  return (
    <section>
      <h2>{_('Who takes how much')}</h2>
      <p>
        {_('A laptop may use {size}. What several have is stored once.', {
          size: size(words, quotaBytes),
        })}
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
              {size(words, bytes)}
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

function Damage({ words, damage }: { words: Words; damage: DiskProps['damage'] }) {
  const { _ } = words;
  return (
    <section>
      <h2>{_('Damaged')}</h2>
      <p>{_('It mends itself when any laptop sends the same content again.')}</p>
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
    </section>
  );
}
