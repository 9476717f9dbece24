/**
 * What waits for approval: laptops with new keys, whose digits the teacher types, new laptops that may
 * belong to a known child, and whether new laptops may register.
 */

import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { ago, size, type Words } from '../../../../shared/words/words.ts';
import type { LaptopRow } from '../../../admin/laptop-list.ts';
import type { WindowState } from '../../../registration/newcomers.ts';
import type { ArrivingChild } from '../../../transfer/arrivals.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { ActLink } from '../acts/act-link.tsx';
import type { Act } from '../acts/acts.ts';
import { CodeForm } from '../acts/code-form.tsx';

export interface WaitingLaptop {
  serial: Serial;
  name: string;
  colors: string | null;
  /** Whether a key of our agent is among them: one with digits. */
  hasCode: boolean;
  /** The newest first. */
  keys: readonly WaitingKey[];
}

export interface WaitingKey {
  kind: 'own' | 'sugar';
  fingerprint: string;
  since: number;
  reject: Act;
}

/** Laptops with digits to type first, then the newest first. */
export function waitingView(rows: readonly LaptopRow[]): WaitingLaptop[] {
  return rows
    .filter(({ retired, waiting }) => retired === null && waiting.length > 0)
    .map(({ serial, nick, colors, waiting }) => ({
      ...{ serial, name: nick || serial, colors },
      hasCode: waiting.some(({ kind }) => kind === 'own'),
      keys: waiting
        .map(({ kind, since, fingerprint }) => ({
          ...{ kind, fingerprint, since: Math.floor(Date.parse(since) / 1000) },
          reject: { name: 'reject', fields: { serial, key: fingerprint } } satisfies Act,
        }))
        .sort((a, b) => b.since - a.since),
    }))
    .sort((a, b) => Number(b.hasCode) - Number(a.hasCode) || newest(b) - newest(a));
}

function newest({ keys }: WaitingLaptop): number {
  return keys[0]?.since ?? 0;
}

/** A new laptop, and the one it may replace. */
export interface ShownProposal {
  newer: Serial;
  older: Serial;
  nick: string;
  newerColors: string | null;
  olderColors: string | null;
  registered: number;
  lastSeen: number;
}

/** What may be asked about. */
export const ASKED = ['keys', 'arrivals', 'proposals'] as const;
export type Asked = (typeof ASKED)[number];

export interface WaitingProps {
  page: Page;
  /** Only these are shown; null for all. */
  only: Asked | null;
  arrivals: readonly ArrivingChild[];
  laptops: readonly WaitingLaptop[];
  proposals: readonly ShownProposal[];
  registration: WindowState;
  now: number;
  done?: Done | undefined;
}

export function WaitingPage(props: WaitingProps): VNode {
  const { page, only, laptops, arrivals, proposals, registration, now, done } = props;
  const { words } = page;
  const { _ } = words;
  const isShown = (one: Asked) => only === null || only === one;
  return (
    <TeacherFrame page={page} title={_('Who asks')} place="waiting" done={done}>
      {isShown('keys') ? (
        <section>
          <h2>{_('Laptops that ask to be let in')}</h2>
          {laptops.length === 0 ? <p>{_('None.')}</p> : null}
          <ul class="asking">
            {[true, false]
              .map((hasCode) => laptops.filter((one) => one.hasCode === hasCode))
              .filter((some) => some.length > 0)
              .map((some) => (
                <li key={String(some[0]?.hasCode)} class="card">
                  <Some page={page} laptops={some} now={now} />
                </li>
              ))}
          </ul>
        </section>
      ) : null}
      {isShown('arrivals') && arrivals.length > 0 ? (
        <section>
          <h2>{_('Children from another school')}</h2>
          <ul class="asking">
            {arrivals.map((one) => (
              <li key={one.serial} class="card">
                <Arriving words={words} arrival={one} now={now} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {isShown('proposals') ? (
        <section>
          <h2>{_('New laptops of children you know?')}</h2>
          {proposals.length === 0 ? <p>{_('None.')}</p> : null}
          <ul class="asking">
            {proposals.map((one) => (
              <li key={one.newer} class="card">
                <Proposal words={words} proposal={one} now={now} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <section class="card">
        <h2>{_('New laptops')}</h2>
        <Registration words={words} registration={registration} />
      </section>
    </TeacherFrame>
  );
}

interface SomeProps {
  page: Page;
  laptops: readonly WaitingLaptop[];
  now: number;
}

/** Laptops with the same question: what is said about them is said once. */
function Some({ page, laptops, now }: SomeProps) {
  const { _ } = page.words;
  const isSugar = laptops[0]?.hasCode === false;
  const fields = { serials: laptops.map(({ serial }) => serial).join(), kind: 'sugar' };
  return (
    <>
      {isSugar ? (
        <p>
          {_(
            '"Register" was chosen in its menu. Only the old backup program needs this key; an administrator can approve it at the terminal.',
          )}
        </p>
      ) : null}
      {isSugar && laptops.length > 1 ? (
        <p class="acts">
          <ActLink act={{ name: 'reject-many', fields }} label={_('Reject all')} />
        </p>
      ) : null}
      {laptops.map((one) => (
        <Asking key={one.serial} page={page} asking={one} now={now} />
      ))}
    </>
  );
}

function Asking({ page, asking, now }: { page: Page; asking: WaitingLaptop; now: number }) {
  const { words } = page;
  const { _, _n } = words;
  const { serial, name, colors, hasCode, keys } = asking;
  return (
    <div class="one-of">
      <p class="whose">
        <XoIcon colors={colors} size={44} />{' '}
        <a href={laptopPath(serial)}>
          <bdi>{name}</bdi>
        </a>{' '}
        <span class="serial">{serial}</span> <span>{ago(words, newest(asking), now)}</span>
      </p>
      {hasCode ? <CodeForm page={page} serial={serial} about={name} /> : null}
      <details>
        <summary>{_n('{n} key waits', '{n} keys wait', keys.length)}</summary>
        <ul class="keys">
          {keys.map(({ fingerprint, since, reject }) => (
            <li key={fingerprint}>
              <code dir="ltr">{fingerprint}</code> {ago(words, since, now)}{' '}
              <ActLink act={reject} label={_('Reject')} about={name} />
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

function Arriving(props: { words: Words; arrival: ArrivingChild; now: number }) {
  const { words, now } = props;
  const { serial, nick, colors, made, snapshots, bytes } = props.arrival;
  const { _, _n } = words;
  const sent = Math.floor(Date.parse(made) / 1000);
  const fields = { serial };
  return (
    <>
      <p class="whose">
        <XoIcon colors={colors} size={44} /> <bdi>{nick || serial}</bdi>{' '}
        <span class="serial">{serial}</span>{' '}
        <span>{_('sent {ago}', { ago: ago(words, Math.min(sent, now), now) })}</span>
      </p>
      <p>
        {_n('{n} day', '{n} days', snapshots)} · {size(words, bytes)}
      </p>
      <p class="acts">
        <ActLink act={{ name: 'welcome', fields }} label={_('Yes, she comes here')} about={nick} />{' '}
        <ActLink act={{ name: 'decline', fields }} label={_('No')} about={nick} />
      </p>
    </>
  );
}

function Proposal(props: { words: Words; proposal: ShownProposal; now: number }) {
  const { words, now } = props;
  const { newer, older, nick, newerColors, olderColors, registered, lastSeen } = props.proposal;
  const { _ } = words;
  return (
    <>
      <div class="pair">
        <p>
          <XoIcon colors={newerColors} size={55} />
          <a href={laptopPath(newer)}>
            <bdi>{nick}</bdi>
          </a>
          <span class="serial">{newer}</span>
          <span>{_('new: registered {ago}', { ago: ago(words, registered, now) })}</span>
        </p>
        <p>
          <XoIcon colors={olderColors} size={55} />
          <a href={laptopPath(older)}>
            <bdi>{nick}</bdi>
          </a>
          <span class="serial">{older}</span>
          <span>{_('old: last seen {ago}', { ago: ago(words, lastSeen, now) })}</span>
        </p>
      </div>
      <p>
        {_('Both say that they belong to {name}. Anybody can say that: ask the child.', {
          name: nick,
        })}
      </p>
      <p class="acts">
        <ActLink
          act={{ name: 'alias', fields: { serial: newer, of: older } }}
          label={_('The same child')}
          about={nick}
        />
      </p>
    </>
  );
}

const WINDOW_MINUTES = [15, 60, 240] as const;

function Registration({ words, registration }: { words: Words; registration: WindowState }) {
  const { _, _n } = words;
  const { policy, open, minutesLeft } = registration;
  if (policy === 'open') return <p>{_('Any new laptop can register here.')}</p>;
  if (policy === 'closed') return <p>{_('Registration is switched off in the settings.')}</p>;
  const windowFor = (minutes: number): Act => ({
    name: 'register-window',
    fields: { minutes: String(minutes) },
  });
  return (
    <>
      <p>
        {open
          ? _n(
              'New laptops can register for {n} more minute.',
              'New laptops can register for {n} more minutes.',
              minutesLeft ?? 0,
            )
          : _('New laptops cannot register until you open it.')}
      </p>
      <p class="acts">
        {open ? <ActLink act={windowFor(0)} label={_('Close now')} /> : null}
        {open
          ? null
          : WINDOW_MINUTES.map((minutes) => (
              <ActLink
                key={minutes}
                act={windowFor(minutes)}
                label={_n('Open for {n} minute', 'Open for {n} minutes', minutes)}
              />
            ))}
      </p>
    </>
  );
}
