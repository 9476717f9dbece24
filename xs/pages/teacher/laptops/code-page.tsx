/**
 * A code with which the child of a laptop signs in once: the button for it, and the page that shows it, to be
 * printed or copied by hand. It is shown this once; the server keeps a hash only.
 */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { FormToken, type Page } from '../../frame/frame.tsx';
import { laptopPath } from '../../frame/paths.ts';
import { TeacherFrame } from '../../frame/teacher-frame.tsx';

/** Where the button sends to. */
export const codePath = (serial: Serial | ':serial'): string => `/xs-backup/laptop/${serial}/code`;

export function CodeButton({ page, serial }: { page: Page; serial: Serial }): VNode {
  const { _ } = page.words;
  return (
    <form method="post" action={codePath(serial)} class="card">
      <FormToken token={page.formToken} />
      <p>
        {_(
          'Has this laptop no Backup activity? With a code the child looks into her Journal in Browse.',
        )}
      </p>
      <button type="submit">{_('A code for this child')}</button>
    </form>
  );
}

export interface CodeProps {
  page: Page;
  serial: Serial;
  name: string;
  /** In two groups. */
  code: string;
  /** Where the child goes: `http://schoolserver/ds-restore`. */
  address: string;
  hours: number;
}

export function CodePage({ page, serial, name, code, address, hours }: CodeProps): VNode {
  const { _, _n } = page.words;
  return (
    <TeacherFrame page={page} title={_('A code for {name}', { name })} place="class">
      <section class="card">
        <p>
          <output class="given-code" dir="ltr">
            {code}
          </output>
        </p>
        <ol>
          <li>
            {_('Open Browse on the laptop, and go to')} <strong dir="ltr">{address}</strong>
          </li>
          <li>{_('Type the code. Small letters are right as well.')}</li>
        </ol>
        <p>
          {_n(
            'It is good once, and for {n} hour. Whoever types it first opens this Journal.',
            'It is good once, and for {n} hours. Whoever types it first opens this Journal.',
            hours,
          )}
        </p>
      </section>
      <p class="no-print">
        {_('Print this page or copy the code: it is not shown again. Another one ends this one.')}
      </p>
      <p>
        <a class="button" href={laptopPath(serial)}>
          {_('Go back')}
        </a>
      </p>
    </TeacherFrame>
  );
}
