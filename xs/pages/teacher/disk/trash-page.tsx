/**
 * Removed snapshots and pins that can still be brought back.
 */

import type { VNode } from 'preact';
import { ago, type Words } from '../../../../shared/words/words.ts';
import { titleInTrash } from '../../../pins/pins.ts';
import { trashWords } from '../../../retention/retention-words.ts';
import { ARRIVAL, type TrashItem, WHOLE_LAPTOP } from '../../../storage/trash.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { ActLink } from '../acts/act-link.tsx';
import { trashName } from '../shown/trash-name.ts';

export interface TrashLine {
  serial: TrashItem['serial'];
  nick: string;
  item: string;
  /** Of a pinned thing; empty where it has none. */
  title: string;
  /** A laptop that was forgotten with all its backups. */
  isLaptop: boolean;
  /** What came from another school. */
  isArrival: boolean;
  removed: number;
  reason: string;
  /** False for converted trees of the old program and whole laptops, which only the terminal brings back. */
  comesBack: boolean;
}

/** Last removed first. */
export function trashView(
  items: readonly TrashItem[],
  nickOf: (serial: TrashItem['serial']) => string,
): TrashLine[] {
  return items
    .map((item) => ({ ...item, title: titleInTrash(item) }))
    .map(({ serial, name, title, removed, reason }) => ({
      ...{ serial, nick: nickOf(serial) || serial, item: name, title, reason },
      removed: Math.floor(removed.getTime() / 1000),
      ...{ isLaptop: name === WHOLE_LAPTOP, isArrival: name === ARRIVAL },
      comesBack:
        reason !== 'adopted' &&
        reason !== 'reserve-released' &&
        ![WHOLE_LAPTOP, ARRIVAL].includes(name),
    }))
    .sort((a, b) => b.removed - a.removed);
}

/** Longer lists are cut. */
const MAX_LINES = 300;

export interface TrashProps {
  page: Page;
  lines: readonly TrashLine[];
  now: number;
  done?: Done | undefined;
}

export function TrashPage({ page, lines, now, done }: TrashProps): VNode {
  const { words } = page;
  const { _, _n } = words;
  return (
    <TeacherFrame page={page} title={_('Trash')} place="trash" done={done}>
      <p>
        {_('What is removed stays here for some days: only those count that have surely passed.')}
      </p>
      {lines.length === 0 ? <p>{_('It is empty.')}</p> : <Lines {...{ words, lines, now }} />}
      {lines.length > MAX_LINES ? (
        <p>{_n('and {n} more', 'and {n} more', lines.length - MAX_LINES)}</p>
      ) : null}
    </TeacherFrame>
  );
}

function Lines({ words, lines, now }: Pick<TrashProps, 'lines' | 'now'> & { words: Words }) {
  const { _ } = words;
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">{_('Whose')}</th>
          <th scope="col">{_('What')}</th>
          <th scope="col">{_('Removed')}</th>
          <th scope="col">{_('Why')}</th>
          <th scope="col">{_('Back')}</th>
        </tr>
      </thead>
      <tbody>
        {lines.slice(0, MAX_LINES).map((line) => (
          <tr key={`${line.serial} ${line.item} ${line.removed}`}>
            <th scope="row">
              <a href={laptopPath(line.serial)}>
                <bdi>{line.nick}</bdi>
              </a>
            </th>
            <td data-name={_('What')}>{nameOf(words, line)}</td>
            <td data-name={_('Removed')}>{ago(words, line.removed, now)}</td>
            <td data-name={_('Why')}>{trashWords(words, line.reason)}</td>
            <td>
              {line.comesBack ? (
                <ActLink
                  act={{ name: 'undelete', fields: { serial: line.serial, item: line.item } }}
                  label={_('Bring back')}
                  about={`${nameOf(words, line)} ${line.nick}`}
                />
              ) : null}
              {line.isLaptop || line.isArrival ? (
                <code>{`xs-backup undelete ${line.serial} ${line.item}`}</code>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function nameOf(words: Words, { item, title }: TrashLine): string {
  return trashName(words, { name: item, title });
}
