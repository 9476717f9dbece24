/**
 * The page for a host name that this server is not called by: an address that works, and the setting
 * that adds the name. Nobody is signed in on it and it has no form, so it is safe under any name.
 */
import type { VNode } from 'preact';
import { Frame, type Page } from './frame.tsx';

export interface WrongHostProps {
  page: Page;
  /** As the browser sent it, without the port; null where it is not a host name at all. */
  host: string | null;
  /** The same page under a name that works. */
  right: string;
}

export function WrongHostPage({ page, host, right }: WrongHostProps): VNode {
  const { _ } = page.words;
  return (
    <Frame page={page} title={_('This server has another name.')}>
      <p>
        {_('Please use this address:')} <a href={right}>{right}</a>
      </p>
      {host === null ? null : (
        <section class="card">
          <h2>{_('For who looks after the server')}</h2>
          <p>
            {_('To let browsers use this name as well, add it to the settings in {file}:', {
              file: '/etc/xs-backup/config.toml',
            })}
          </p>
          <pre dir="ltr">
            <code>{`[pages]\nhosts = ["${host}"]`}</code>
          </pre>
        </section>
      )}
    </Frame>
  );
}
