/**
 * One laptop: its state, its snapshots and pins, and the acts a teacher may do.
 */

import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import type { NotSafe } from '../../../../shared/protocol/messages.ts';
import { ago, size, type Words } from '../../../../shared/words/words.ts';
import type { LaptopRow } from '../../../admin/laptop-list.ts';
import type { Binding } from '../../../moodle/records.ts';
import type { Snapshot } from '../../../storage/snapshots.ts';
import { secondsOf } from '../../frame/day-name.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import { ActLink } from '../acts/act-link.tsx';
import type { Act } from '../acts/acts.ts';
import { CodeForm } from '../acts/code-form.tsx';
import { type LaptopCard, safeText } from '../shown/laptop-card.ts';
import { MarkShape, markName } from '../shown/marks.tsx';
import { CodeButton } from './code-page.tsx';
import { type PinLine, Pins } from './laptop-pins.tsx';
import { NotSafeThings } from './not-safe-things.tsx';

export interface LaptopProps {
  page: Page;
  card: LaptopCard;
  row: LaptopRow;
  /** What of its Journal is not safe, as it says. */
  notSafe: NotSafe;
  snapshots: readonly SnapshotLine[];
  /** What the laptops left whose place it takes: its own now, the most recent first. */
  older: readonly { serial: Serial; snapshots: number }[];
  pins: readonly PinLine[];
  /** Of a Moodle, that see this Journal. */
  accounts: readonly Binding[];
  /** What its pinned things may take together, in bytes. */
  pinLimit: number;
  /** Bytes it uses and may use, as of the last cleanup; null before the first. */
  quota: { bytes: number; of: number; stuck: boolean } | null;
  /** Whether it could replace another laptop. */
  mayReplace: boolean;
  /** It has no backup, so it may be forgotten. */
  unused: boolean;
  now: number;
  done?: Done | undefined;
}

export interface SnapshotLine {
  name: string;
  created: number;
  entries: number;
  bytes: number;
  pinned: boolean;
  damaged: boolean;
}

export function snapshotLines(
  snapshots: readonly Pick<Snapshot, 'name' | 'created' | 'entries' | 'bytes' | 'folder'>[],
  pinned: ReadonlySet<string>,
  isDamaged: (folder: string) => boolean,
): SnapshotLine[] {
  return snapshots.map(({ name, created, entries, bytes, folder }) => ({
    ...{ name, entries, bytes, pinned: pinned.has(name), damaged: isDamaged(folder) },
    created: Math.floor(Date.parse(created) / 1000),
  }));
}

export function LaptopPage(props: LaptopProps): VNode {
  const { page, card, row, notSafe, snapshots, pins, accounts, now, done } = props;
  const { words } = page;
  const { _ } = words;
  const { serial } = row;
  return (
    <TeacherFrame page={page} title={card.name} place="class" done={done}>
      <section class="card laptop-facts">
        <p class="figure">
          <XoIcon colors={card.colors} size={110} />
          <MarkShape mark={card.mark} size={44} />
        </p>
        <Facts {...props} />
      </section>
      <p class="acts">
        {snapshots.length > 0 || row.replaces !== null ? (
          <a class="button" href={`/ds-restore/${serial}/`}>
            {_('Look for something in this Journal')}
          </a>
        ) : null}
        {lineOfActs(props)}
      </p>
      {row.confirmed === false && row.retired === null ? (
        <section class="card">
          <p>
            {row.waiting.some(({ kind }) => kind === 'own')
              ? _(
                  'A key asks to be let in, and nobody has compared the digits of the one that this laptop has. The digits say which of them is meant.',
                )
              : _('Nobody has compared the digits of this laptop with the server yet.')}
          </p>
          <CodeForm page={page} serial={serial} about={card.name} />
        </section>
      ) : null}
      {row.twins ? <Twins words={words} serial={serial} /> : null}
      <NotSafeThings words={words} name={card.name} notSafe={notSafe} />
      <Snapshots {...{ words, serial, snapshots, now }} older={props.older} />
      <Pins {...{ words, serial, pins, snapshots }} limit={props.pinLimit} />
      {row.retired === null && (snapshots.length > 0 || row.replaces !== null) ? (
        <CodeButton page={page} serial={serial} />
      ) : null}
      <Accounts words={words} serial={serial} accounts={accounts} />
      <p>
        <a href={`${PLACES.audit}?serial=${serial}`}>{_('Who did what with this laptop')}</a> ·{' '}
        <a href={`${PLACES.trash}?serial=${serial}`}>{_('Its trash')}</a>
      </p>
    </TeacherFrame>
  );
}

/** What the school noticed, and the two ways out. */
function Twins({ words: { _ }, serial }: { words: Words; serial: Serial }) {
  const act = (name: Act['name'], label: string) => (
    <ActLink act={{ name, fields: { serial } }} label={label} />
  );
  return (
    <section class="card">
      <p>
        {_(
          'Two laptops answer to this name: one is a copy of the other. Only the first one is backed up.',
        )}
      </p>
      <p class="acts">
        {act('separate', _('Two children use them'))} {act('unite', _('It is one laptop'))}
      </p>
    </section>
  );
}

function Facts({ page: { words }, card, row, quota, now }: LaptopProps) {
  const { _, _n } = words;
  const facts: [string, VNode | string][] = [
    [
      _('State'),
      [markName(words, card.mark), safeText(words, card, now)].filter(Boolean).join(' · '),
    ],
    [_('Serial number'), row.serial],
    [_('Registered'), ago(words, Math.floor(Date.parse(row.registered) / 1000), now)],
    ...(row.retired === null
      ? []
      : ([[_('Out of use'), ago(words, Math.floor(Date.parse(row.retired) / 1000), now)]] as [
          string,
          string,
        ][])),
    ...(quota === null
      ? []
      : ([
          [
            _('Share of the disk'),
            _('{used} of {share}', {
              used: size(words, quota.bytes),
              share: size(words, quota.of),
            }) + (quota.stuck ? ` · ${_('too much, and nothing more to remove')}` : ''),
          ],
        ] as [string, string][])),
    ...linkFact(_('Takes the place of'), row.replaces),
    ...linkFact(_('Was replaced by'), row.replacedBy),
  ];
  const waiting = row.waiting.length;
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {waiting > 0 ? (
        <div>
          <dt>{_('Asks')}</dt>
          <dd>
            <a href={PLACES.waiting}>{_n('{n} key waits', '{n} keys wait', waiting)}</a>
          </dd>
        </div>
      ) : null}
      {row.held > 0 ? (
        <div>
          <dt>{_('Held aside')}</dt>
          <dd>
            <a href={PLACES.held}>{_n('{n} backup', '{n} backups', row.held)}</a>
          </dd>
        </div>
      ) : null}
    </dl>
  );
}

function linkFact(name: string, serial: Serial | null): [string, VNode][] {
  return serial === null ? [] : [[name, <a href={laptopPath(serial)}>{serial}</a>]];
}

/** The acts that are possible in the laptop's present state. */
function actsOf(row: Pick<LaptopRow, 'serial' | 'retired' | 'replaces'>, unused: boolean) {
  const { serial, retired, replaces } = row;
  const fields = { serial };
  const acts: Act[] = [];
  if (replaces !== null) acts.push({ name: 'unalias', fields });
  acts.push({ name: retired === null ? 'retire' : 'unretire', fields });
  if (unused) acts.push({ name: 'forget', fields });
  return acts;
}

function lineOfActs({ page, row, mayReplace, unused }: LaptopProps) {
  const { words } = page;
  const { _ } = words;
  const labels: Partial<Record<Act['name'], string>> = {
    unalias: _('Undo: another child'),
    retire: _('Take out of use'),
    unretire: _('Take back into use'),
    forget: _('Forget'),
  };
  return [
    ...(mayReplace && page.who?.keeper === true
      ? [
          <a key="replace" class="button act" href={`${laptopPath(row.serial)}/replaces`}>
            {_('It is the new laptop of...')}
          </a>,
        ]
      : []),
    ...actsOf(row, unused).map((act) => (
      <ActLink key={act.name} act={act} label={labels[act.name] ?? ''} />
    )),
  ];
}

interface SnapshotsProps {
  words: Words;
  serial: Serial;
  snapshots: readonly SnapshotLine[];
  now: number;
  older: LaptopProps['older'];
}

function Snapshots({ words, serial, snapshots, now, older }: SnapshotsProps) {
  const { _ } = words;
  const left = older.filter((one) => one.snapshots > 0);
  if (snapshots.length === 0) {
    if (left.length === 0) return <p>{_('The school keeps nothing yet.')}</p>;
    return (
      <section>
        <h2>{_('What the school keeps')}</h2>
        <p>{_('Of this laptop itself nothing yet.')}</p>
        <Left words={words} left={left} />
      </section>
    );
  }
  return (
    <section>
      <h2>{_('What the school keeps')}</h2>
      <Left words={words} left={left} />
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">{_('Day')}</th>
            <th scope="col">{_('Things')}</th>
            <th scope="col">{_('Size')}</th>
            <th scope="col">{_('Kept for good?')}</th>
          </tr>
        </thead>
        <tbody>
          {snapshots.map((one) => (
            <SnapshotRow key={one.name} words={words} serial={serial} one={one} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What the child can see and bring back besides. */
function Left({ words, left }: { words: Words; left: LaptopProps['older'] }) {
  return left.map(({ serial, snapshots: days }) => (
    <p key={serial}>
      <a href={laptopPath(serial)}>
        {words._n(
          'From the old laptop {serial}: {n} day, which is its own now',
          'From the old laptop {serial}: {n} days, which are its own now',
          days,
          { serial },
        )}
      </a>
    </p>
  ));
}

type RowProps = Omit<SnapshotsProps, 'snapshots' | 'older'> & { one: SnapshotLine };

function SnapshotRow({ words, serial, one, now }: RowProps) {
  const { _ } = words;
  const day = `${words.date(one.created)}, ${words.clock(one.created)}`;
  const act: Act = one.pinned
    ? { name: 'unpin', fields: { serial, pin: one.name } }
    : { name: 'pin', fields: { serial, snapshot: one.name } };
  return (
    <tr>
      <th scope="row">
        <a href={`/ds-restore/${serial}/${serial}/${one.name}/`}>{day}</a>
        <span class="when"> {ago(words, one.created, now)}</span>
        {one.damaged ? <strong class="damaged"> {_('damaged')}</strong> : null}
      </th>
      <td data-name={_('Things')}>{words.number(one.entries)}</td>
      <td data-name={_('Size')}>{size(words, one.bytes)}</td>
      <td>
        {one.pinned ? <span>{_('pinned')} </span> : null}
        <ActLink act={act} label={one.pinned ? _('Unpin') : _('Pin')} about={day} />
      </td>
    </tr>
  );
}

function Accounts(props: { words: Words; serial: Serial; accounts: readonly Binding[] }) {
  const { words, serial, accounts } = props;
  const { _, date } = words;
  if (accounts.length === 0) return null;
  return (
    <section>
      <h2>Moodle</h2>
      <ul class="rows">
        {accounts.map(({ id, name, sub, since }) => (
          <li key={id}>
            {_('Whoever signs in to Moodle as {name} sees this Journal, since {date}.', {
              name: `\u2068${name ?? sub}\u2069`,
              date: date(secondsOf(since)),
            })}
          </li>
        ))}
      </ul>
      <p>
        <ActLink act={{ name: 'moodle-end', fields: { serial } }} label={_('End this')} />
      </p>
    </section>
  );
}
