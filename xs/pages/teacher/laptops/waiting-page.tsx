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
import { Pager } from '../../frame/pager.tsx';
import { type Paged, withQuery } from '../../frame/paging.ts';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, ForKeeper, PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { ActLink } from '../acts/act-link.tsx';
import type { Act } from '../acts/acts.ts';
import { CodeForm } from '../acts/code-form.tsx';
import { SearchOfMany } from './name-search.tsx';

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
  olderRegistered: number;
  lastSeen: number;
}

/** What may be asked about. */
export const ASKED = ['keys', 'arrivals', 'proposals'] as const;
export type Asked = (typeof ASKED)[number];

/** One thing that is asked. */
export type WaitingItem =
  | { about: 'keys'; one: WaitingLaptop }
  | { about: 'arrivals'; one: ArrivingChild }
  | { about: 'proposals'; one: ShownProposal };

export interface WaitingProps {
  page: Page;
  /** Only these are shown; null for all. */
  only: Asked | null;
  /** As typed. */
  typed: string;
  /** How many wait, on whatever page. */
  counts: Readonly<Record<Asked, number>>;
  /** In the order of `ASKED`. */
  found: Paged<WaitingItem>;
  /** All laptops that ask with a key of Sugar only, and a digest of those keys. */
  sugar: { laptops: number; sum: string };
  registration: WindowState;
  now: number;
  done?: Done | undefined;
}

export function WaitingPage(props: WaitingProps): VNode {
  const { page, only, typed, found, registration, done } = props;
  const { words } = page;
  const { _ } = words;
  const kept = only ?? '';
  return (
    <TeacherFrame page={page} title={_('Who asks')} place="waiting" done={done}>
      <SearchOfMany {...{ words, typed, found }} action={PLACES.waiting} kept={{ only }} />
      {ASKED.filter((one) => only === null || only === one).map((about) => (
        <Section key={about} {...props} about={about} />
      ))}
      <Pager
        words={words}
        paged={found}
        href={(n) => withQuery(PLACES.waiting, { only: kept, q: typed, page: n })}
        before={_('Page before')}
        after={_('Next page')}
      />
      {only === null ? null : (
        <p>
          <a class="button" href={PLACES.waiting}>
            {_('All who ask')}
          </a>
        </p>
      )}
      <section class="card">
        <h2>{_('New laptops')}</h2>
        <Registration words={words} registration={registration} />
      </section>
    </TeacherFrame>
  );
}

/** Those of one kind on this page; none where all of them are on other pages. */
function Section(props: WaitingProps & { about: Asked }) {
  const { about, page, counts, found, typed, now } = props;
  const { words } = page;
  const { _ } = words;
  const total = counts[about];
  const shown = found.shown.filter((one) => one.about === about);
  if (total === 0 ? about === 'arrivals' || typed !== '' : shown.length === 0) return null;
  return (
    <section>
      <h2>{titleOf(words, about)}</h2>
      {total === 0 ? <p>{_('None.')}</p> : null}
      <ul class="asking">
        {about === 'keys' ? <Keys {...props} /> : null}
        {shown.map((item) => {
          if (item.about === 'keys') return null;
          return (
            <li key={item.about === 'arrivals' ? item.one.serial : item.one.newer} class="card">
              {item.about === 'arrivals' ? (
                <Arriving words={words} arrival={item.one} now={now} />
              ) : (
                <Proposal words={words} proposal={item.one} now={now} />
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function titleOf({ _ }: Words, about: Asked): string {
  switch (about) {
    case 'keys':
      return _('Laptops that ask to be let in');
    case 'arrivals':
      return _('Children from another school');
    case 'proposals':
      return _('New laptops of children you know?');
    default:
      return about satisfies never;
  }
}

/** Laptops with the same question: what is said about them is said once. */
function Keys({ page, found, typed, sugar, now }: WaitingProps) {
  const shown = found.shown.flatMap((item) => (item.about === 'keys' ? [item.one] : []));
  return (
    <>
      {[true, false]
        .map((hasCode) => shown.filter((one) => one.hasCode === hasCode))
        .filter((some) => some.length > 0)
        .map((some) => (
          <li key={String(some[0]?.hasCode)} class="card">
            {some[0]?.hasCode ? null : (
              <SugarOnly words={page.words} sugar={typed === '' ? sugar : null} />
            )}
            {some.map((one) => (
              <Asking key={one.serial} page={page} asking={one} now={now} />
            ))}
          </li>
        ))}
    </>
  );
}

/** `sugar`: all of them, which one act may be about; null where words chose some. */
function SugarOnly({ words, sugar }: { words: Words; sugar: WaitingProps['sugar'] | null }) {
  const { _ } = words;
  return (
    <>
      <p>
        {_(
          '"Register" was chosen in its menu. Only the old backup program needs this key; an administrator can approve it at the terminal.',
        )}
      </p>
      {sugar && sugar.laptops > 1 ? (
        <p class="acts">
          <ActLink
            act={{ name: 'reject-many', fields: { sum: sugar.sum } }}
            label={_('Reject all')}
          />
        </p>
      ) : null}
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
  const { olderRegistered } = props.proposal;
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
          <span>{_('registered {ago}', { ago: ago(words, olderRegistered, now) })}</span>
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
      <ForKeeper.Consumer>
        {(isKeeper) =>
          isKeeper ? null : (
            <p>
              {_(
                'If the child says so, tell whoever keeps the server. Then the new laptop may bring back what the old one left.',
              )}
            </p>
          )
        }
      </ForKeeper.Consumer>
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
