/**
 * The audit log in words, newest first.
 */

import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import type { Words } from '../../../../shared/words/words.ts';
import type { AuditEvent, AuditLine } from '../../../registration/audit.ts';
import type { Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';

export const LINES_EACH = 100;

export interface AuditProps {
  page: Page;
  /** Those of this page, newest first. */
  lines: readonly AuditLine[];
  serial: Serial | null;
  /** Which page this is, from 1, and how many there are. */
  at: number;
  pages: number;
  nickOf: (serial: string) => string;
}

/** One page of the log, newest first. A page number that is too high is the last page. */
export function auditView(
  all: readonly AuditLine[],
  wanted: number,
): Pick<AuditProps, 'lines' | 'at' | 'pages'> {
  const pages = Math.max(1, Math.ceil(all.length / LINES_EACH));
  const at = Math.min(Math.max(1, wanted), pages);
  const end = all.length - (at - 1) * LINES_EACH;
  return { lines: all.slice(Math.max(0, end - LINES_EACH), end).reverse(), at, pages };
}

export function AuditPage({ page, lines, serial, at, pages, nickOf }: AuditProps): VNode {
  const { words } = page;
  const { _ } = words;
  const pageHref = (n: number) =>
    `${PLACES.audit}?${new URLSearchParams({ ...(serial && { serial }), page: String(n) })}`;
  return (
    <TeacherFrame page={page} title={_('Who did what')} place="audit">
      {serial === null ? null : (
        <p>
          {_('Only about {name}.', { name: `${nickOf(serial)} ${serial}` })}{' '}
          <a href={PLACES.audit}>{_('All of it')}</a>
        </p>
      )}
      {lines.length === 0 ? <p>{_('None.')}</p> : <Lines {...{ words, lines, nickOf }} />}
      {pages === 1 ? null : (
        <p class="pages">
          {at > 1 ? (
            <a rel="prev" href={pageHref(at - 1)}>
              {_('Newer')}
            </a>
          ) : null}
          <span>{_('Page {n} of {all}', { n: words.number(at), all: words.number(pages) })}</span>
          {at < pages ? (
            <a rel="next" href={pageHref(at + 1)}>
              {_('Older')}
            </a>
          ) : null}
        </p>
      )}
    </TeacherFrame>
  );
}

function Lines({ words, lines, nickOf }: Pick<AuditProps, 'lines' | 'nickOf'> & { words: Words }) {
  const { _ } = words;
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">{_('When')}</th>
          <th scope="col">{_('Who')}</th>
          <th scope="col">{_('What')}</th>
          <th scope="col">{_('Which laptop')}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={`${line.time} ${line.event} ${JSON.stringify(line.details)}`}>
            <td data-name={_('When')}>{whenText(words, line.time)}</td>
            <td data-name={_('Who')}>
              <bdi>{whoText(words, line)}</bdi>
            </td>
            <td data-name={_('What')}>
              {eventText(words, line.event)} <Details details={line.details} />
            </td>
            <td data-name={_('Which laptop')}>
              {line.serial === null ? (
                '–'
              ) : (
                <a href={laptopPath(line.serial as Serial)}>
                  <bdi>{nickOf(line.serial) || line.serial}</bdi>
                </a>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Details({ details }: Pick<AuditLine, 'details'>) {
  const values = Object.values(details).map(String);
  return values.length === 0 ? null : (
    <span class="details">
      <bdi>{values.join(' · ')}</bdi>
    </span>
  );
}

function whenText(words: Words, iso: string): string {
  const seconds = Math.floor(Date.parse(iso) / 1000);
  return `${words.date(seconds)}, ${words.clock(seconds)}`;
}

function whoText({ _ }: Words, { who, name }: AuditLine): string {
  switch (who) {
    case 'laptop':
      return _('the laptop itself');
    case 'admin':
      return _('at the terminal');
    case 'teacher':
      return name ?? '?';
    default:
      return who satisfies never;
  }
}

function eventText({ _ }: Words, event: AuditEvent): string {
  const texts: Record<AuditEvent, string> = {
    registered: _('registered'),
    'key-accepted': _('key accepted'),
    waiting: _('asked to be let in'),
    approved: _('approved'),
    rejected: _('rejected'),
    unrejected: _('no longer rejected'),
    retired: _('taken out of use'),
    unretired: _('taken back into use'),
    forgotten: _('forgotten'),
    'window-opened': _('registration opened'),
    'window-closed': _('registration closed'),
    aliased: _('takes the place of an old laptop'),
    unaliased: _('no longer takes the place of an old laptop'),
    'teacher-added': _('teacher added'),
    'teacher-changed': _('new password of a teacher'),
    'teacher-removed': _('teacher removed'),
    pinned: _('pinned'),
    unpinned: _('unpinned'),
    'held-released': _('held backups declared right'),
    'held-dropped': _('held backups thrown away'),
    undeleted: _('brought back from the trash'),
    'cleaned-up': _('cleaned up'),
    'clock-trusted': _('clock declared right'),
    'journal-read': _('looked into the Journal'),
    'more-not-written': _('more of these was not written down'),
  };
  return texts[event];
}
