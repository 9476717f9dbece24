/** A page to print and keep beside the server: where it is, and what to do when something is wrong. */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import type { Page } from '../../frame/frame.tsx';
import { TeacherFrame } from '../../frame/teacher-frame.tsx';

export interface PaperProps {
  page: Page;
  /** `http://schoolserver/xs-backup` */
  address: string;
  /** SHA-256 of the certificate that the server made for itself; null if there is none. */
  fingerprint: string | null;
  /** The folder that a copy of the school needs. */
  library: string;
}

export function PaperPage({ page, address, fingerprint, library }: PaperProps): VNode {
  const { words } = page;
  const { _ } = words;
  return (
    <TeacherFrame page={page} title={_('Keep this beside the server')} place="status">
      <p class="paper-address">
        {_('The pages for teachers:')} <strong dir="ltr">{address}</strong>
      </p>
      {fingerprint === null ? null : (
        <p class="paper-fingerprint">
          {_('A browser that does not know this server shows this fingerprint (SHA-256):')}{' '}
          <code dir="ltr">{fingerprint}</code>
        </p>
      )}
      <dl>
        {whatToDo(words, library).map(([when, what, command]) => (
          <div key={when}>
            <dt class="paper-when">{when}</dt>
            <dd class="paper-what">
              {what} {command === null ? null : <code dir="ltr">{command}</code>}
            </dd>
          </div>
        ))}
      </dl>
      <p class="no-print">{_('Print this page, and write down who helps:')}</p>
      <p class="paper-line">{_('Who helps, and the telephone number:')}</p>
    </TeacherFrame>
  );
}

type Row = readonly [when: string, what: string, command: string | null];

function whatToDo({ _ }: Words, library: string): Row[] {
  return [
    [
      _('Something seems wrong'),
      _('At its terminal, this names what is wrong and the way out:'),
      'sudo xs-backup doctor',
    ],
    [
      _('The power was off'),
      _('Switch the server on. Nothing else is needed, and nothing is lost.'),
      null,
    ],
    [_('No laptop can back up'), _('Start the service again:'), 'sudo systemctl restart xs-backup'],
    [
      _('A child lost something'),
      _('On her laptop, in the activity Backup: choose a day, and bring it back.'),
      null,
    ],
    [
      _('A child has a new laptop'),
      _(
        'On the pages, under "Who asks": say whose it is. Then its old Journal can be brought back.',
      ),
      null,
    ],
    [
      _('A laptop shows six digits'),
      _(
        'On the pages, under "Who asks": type them. Never type digits that you did not read there.',
      ),
      null,
    ],
    [
      _('The disk is full'),
      _('On the pages, under "Disk", "What makes room, and what goes next?".'),
      null,
    ],
    [
      _('The server is broken'),
      _('Keep its disk: everything is in this folder, and a new server goes on with it.'),
      library,
    ],
  ];
}
