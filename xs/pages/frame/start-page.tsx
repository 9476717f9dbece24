/** The page at `/`: the ways on for children, for teachers, and for a laptop without the program. */
import type { VNode } from 'preact';
import { Frame, type Page } from './frame.tsx';
import { INSTALL } from './paths.ts';
import { PLACES } from './teacher-frame.tsx';

export function StartPage({ page }: { page: Page }): VNode {
  const { _ } = page.words;
  return (
    <Frame page={page} title={_('Backups of this school')}>
      <section class="card">
        <h2>{_('I am a child')}</h2>
        <p>{_('Open the Backup activity on your laptop. It brings you here.')}</p>
        <p>{_('Your laptop does not have it? Ask your teacher for a code.')}</p>
        <p>
          <a class="button" href="/ds-restore/">
            {_('To my Journal')}
          </a>
        </p>
      </section>
      <section class="card">
        <h2>{_('I am a teacher')}</h2>
        <p>{_('See which laptops are safe, and let new ones in.')}</p>
        <p>
          <a class="button" href={PLACES.status}>
            {_('Pages for teachers')}
          </a>
        </p>
      </section>
      <section class="card">
        <h2>{_('A laptop without the Backup activity')}</h2>
        <p>
          <a class="button" href={INSTALL}>
            {_('Install it on the laptop')}
          </a>
        </p>
      </section>
    </Frame>
  );
}
