/** A page to print and keep beside the server: where it is, and what to do when something is wrong. */
import type { VNode } from 'preact';
import { VERSION } from '../../../../shared/version.ts';
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
  /** Of the server, as laptops find it. */
  name: string;
  /** Seconds since 1970. */
  now: number;
}

export function PaperPage(props: PaperProps): VNode {
  const { page, address, fingerprint, library, name, now } = props;
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
        {whatToDo(words, library).map(([when, what, ...commands]) => (
          <div key={when}>
            <dt class="paper-when">{when}</dt>
            <dd class="paper-what">
              {what}
              {commands.map((command) => (
                <code key={command} class="command" dir="ltr">
                  {command}
                </code>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <p class="no-print">{_('Print this page, and write down who helps:')}</p>
      <p>
        {_('Printed on {date}, of the server {name}, version {version}.', {
          ...{ date: words.date(now), name, version: VERSION },
        })}
      </p>
      <p class="paper-line">{_('Who helps, and the telephone number:')}</p>
    </TeacherFrame>
  );
}

type Row = readonly [when: string, what: string, ...commands: string[]];

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
    ],
    [
      _('No laptop can back up'),
      _('Start the service again. If it does not start, its last messages say why:'),
      'sudo systemctl restart xs-backup',
      'sudo journalctl -u xs-backup -n 50',
    ],
    [
      _('A child lost something'),
      _('On her laptop, in the activity Backup: choose a day, and bring it back.'),
    ],
    [
      _('A child has a new laptop'),
      _(
        'On the pages, under "Who asks": say whose it is. Then its old Journal can be brought back.',
      ),
    ],
    [
      _('A laptop shows six digits'),
      _(
        'On the pages, under "Who asks": type them. Never type digits that you did not read there.',
      ),
    ],
    [
      _('The disk is full'),
      _('On the pages, under "Disk", "What makes room, and what goes next?".'),
    ],
    [
      _('The server is broken'),
      _(
        'Keep its disk: everything is in this folder. Install a new server from the stick, copy the folder to the same place with its hard links, and start the service. Only the passwords of the teachers are to be set again:',
      ),
      library,
      `sudo rsync -aH OLD${library}/ ${library}/`,
      'sudo xs-backup teacher add NAME',
    ],
  ];
}
