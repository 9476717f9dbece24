/**
 * What waits for approval: keys with their pairing codes, new laptops that may belong to a known child,
 * and whether new laptops may register.
 */

import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { ago, type Words } from '../../../../shared/words/words.ts';
import type { LaptopRow } from '../../../admin/laptop-list.ts';
import type { WindowState } from '../../../registration/newcomers.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { ActLink } from '../acts/act-link.tsx';
import type { Act } from '../acts/acts.ts';

export interface WaitingKey {
  serial: Serial;
  name: string;
  colors: string | null;
  kind: 'own' | 'sugar';
  /** The code that the laptop shows; null for a key of Sugar's own registration. */
  code: string | null;
  since: number;
  approve: Act;
  reject: Act;
}

/** Keys with a code first, then newest first. */
export function waitingView(rows: readonly LaptopRow[]): WaitingKey[] {
  return rows
    .filter(({ retired }) => retired === null)
    .flatMap(({ serial, nick, colors, waiting }) =>
      waiting.map(({ kind, since, fingerprint, code }) => ({
        ...{ serial, name: nick || serial, colors, kind },
        code: kind === 'own' ? code : null,
        since: Math.floor(Date.parse(since) / 1000),
        // Names the key whose code is shown, so that a key that arrives meanwhile is not approved.
        approve: { name: 'approve', fields: { serial, kind, key: fingerprint } } satisfies Act,
        reject: { name: 'reject', fields: { serial, kind } } satisfies Act,
      })),
    )
    .sort((a, b) => a.kind.localeCompare(b.kind) || b.since - a.since);
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

export interface WaitingProps {
  page: Page;
  keys: readonly WaitingKey[];
  proposals: readonly ShownProposal[];
  registration: WindowState;
  now: number;
  done?: Done | undefined;
}

export function WaitingPage(props: WaitingProps): VNode {
  const { page, keys, proposals, registration, now, done } = props;
  const { words } = page;
  const { _ } = words;
  return (
    <TeacherFrame page={page} title={_('Who asks')} place="waiting" done={done}>
      <section>
        <h2>{_('Laptops that ask to be let in')}</h2>
        {keys.length === 0 ? <p>{_('None.')}</p> : null}
        <ul class="asking">
          {(['own', 'sugar'] as const)
            .map((kind) => keys.filter((key) => key.kind === kind))
            .filter((some) => some.length > 0)
            .map((some) => (
              <li key={some[0]?.kind} class="card">
                <Keys words={words} keys={some} now={now} />
              </li>
            ))}
        </ul>
      </section>
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
      <section class="card">
        <h2>{_('New laptops')}</h2>
        <Registration words={words} registration={registration} />
      </section>
    </TeacherFrame>
  );
}

/** All keys of a kind: what is said about them is said once. Each is approved by itself. */
function Keys({ words, keys, now }: { words: Words; keys: readonly WaitingKey[]; now: number }) {
  const { _ } = words;
  const isSugar = keys[0]?.kind === 'sugar';
  const fields = { serials: keys.map(({ serial }) => serial).join(), kind: 'sugar' };
  return (
    <>
      <p>
        {isSugar
          ? _(
              '"Register" was chosen again in its menu. Only the old backup program needs this key.',
            )
          : _('Approve a key only when the laptop shows the same code.')}
      </p>
      {isSugar && keys.length > 1 ? (
        <p class="acts">
          <ActLink act={{ name: 'reject-many', fields }} label={_('Reject all')} />
        </p>
      ) : null}
      {keys.map((key) => (
        <Key key={key.approve.fields.key} words={words} asking={key} now={now} />
      ))}
    </>
  );
}

function Key({ words, asking, now }: { words: Words; asking: WaitingKey; now: number }) {
  const { _ } = words;
  const { serial, name, colors, kind, code, since, approve, reject } = asking;
  return (
    <div class="one-of">
      <p class="whose">
        <XoIcon colours={colors} size={44} />{' '}
        <a href={laptopPath(serial)}>
          <bdi>{name}</bdi>
        </a>{' '}
        <span class="serial">{serial}</span> <span>{ago(words, since, now)}</span>
      </p>
      {kind === 'sugar' ? null : code === null ? (
        <p>{_('The code is not known yet: start the service once.')}</p>
      ) : (
        <p>
          {_('Pairing code')} <strong class="code">{code}</strong>
        </p>
      )}
      <p class="acts">
        <ActLink act={approve} label={_('Approve')} about={name} />{' '}
        <ActLink act={reject} label={_('Reject')} about={name} />
      </p>
    </div>
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
          <XoIcon colours={newerColors} size={55} />
          <a href={laptopPath(newer)}>{newer}</a>
          <span>{_('new: registered {ago}', { ago: ago(words, registered, now) })}</span>
        </p>
        <p>
          <XoIcon colours={olderColors} size={55} />
          <a href={laptopPath(older)}>{older}</a>
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
