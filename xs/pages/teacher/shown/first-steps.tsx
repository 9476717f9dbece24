/** What to do in a school where no laptop has registered yet. */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import { INSTALL } from '../../frame/paths.ts';

export function FirstSteps({ words: { _ } }: { words: Words }): VNode {
  return (
    <section class="card">
      <h2>{_('First steps')}</h2>
      <p>{_('No laptop has registered here yet.')}</p>
      <ol>
        <li>
          <a href={INSTALL}>{_('Install the backup program on a laptop.')}</a>
        </li>
        <li>
          {_('Where registration is closed, open it for an hour, here or at the terminal:')}{' '}
          <a href="/xs-backup/waiting">{_('New laptops')}</a>{' '}
          <code>xs-backup register-window 60</code>
        </li>
        <li>
          {_(
            'On the laptop, choose "Register" in the menu of the home view. The first backup follows by itself.',
          )}
        </li>
        <li>
          {_('See who has come:')} <code>xs-backup status</code>
        </li>
      </ol>
    </section>
  );
}
