/** How a laptop gets the program, with what a stick would hold for download. */
import type { VNode } from 'preact';
import { pageTexts } from '../../stick/install-words.ts';
import { Frame, type Page } from '../frame/frame.tsx';
import { INSTALL } from '../frame/paths.ts';

export const DOWNLOAD = `${INSTALL}/ds-backup-stick.zip`;

/** `ready` is false where the server has no packages to give. */
export function InstallPage({ page, ready }: { page: Page; ready: boolean }): VNode {
  const { _ } = page.words;
  const { title, parts } = pageTexts(page.words);
  return (
    <Frame page={page} title={title} trail={[{ name: _('Backups of this school'), href: '/' }]}>
      {ready ? (
        <section class="card">
          <p>{_('Download this and unpack it on an empty stick, or on the laptop itself:')}</p>
          <p>
            <a class="button" href={DOWNLOAD}>
              {_('Everything for a stick')}
            </a>
          </p>
          <p>
            {_(
              'Whoever plays this server in the network can change what you download. A stick that was written at the server is safer.',
            )}
          </p>
        </section>
      ) : (
        <section class="card">
          <p>{_('This server has no packages to give. Write a stick where there are some:')}</p>
          <p>
            <code dir="ltr">xs-backup stick DIR --packages FOLDER</code>
          </p>
        </section>
      )}
      {parts.map(({ heading, steps }) => (
        <section class="card" key={heading}>
          <h2>{heading}</h2>
          <ol>
            {steps.map(([what, command]) => (
              <li key={what}>
                {what} {command === null ? null : <code dir="ltr">{command}</code>}
              </li>
            ))}
          </ol>
        </section>
      ))}
    </Frame>
  );
}
