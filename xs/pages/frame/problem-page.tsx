/**
 * Errors as pages: what went wrong in words for a child, and a link that leads on.
 */
import type { VNode } from 'preact';
import { Frame, type Page } from './frame.tsx';

export function ProblemPage({ page, status }: { page: Page; status: number }): VNode {
  const { _ } = page.words;
  const text =
    status === 429 || status === 503
      ? _('Too much at once. Wait a moment and try again.')
      : status === 403
        ? _('This page is too old. Go back and try again.')
        : status === 404 || status === 400
          ? _('There is nothing here.')
          : _('This does not work now. Tell your teacher.');
  return (
    <Frame page={page} title={text}>
      <p>
        <a class="button" href="/ds-restore/">
          {_('To the beginning')}
        </a>
      </p>
    </Frame>
  );
}
