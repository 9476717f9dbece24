/** The field for the six digits that a laptop shows: whoever types them lets its key in. */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import { FormToken, type Page } from '../../frame/frame.tsx';

export interface CodeFormProps {
  page: Page;
  serial: Serial;
  /** Whom it is about, for screen readers. */
  about: string;
}

export function CodeForm({ page, serial, about }: CodeFormProps): VNode {
  const { _ } = page.words;
  const id = `code-${serial}`;
  return (
    <form method="post" action="/xs-backup/do" class="typed-code">
      <FormToken token={page.formToken} />
      <input type="hidden" name="act" value="approve" />
      <input type="hidden" name="serial" value={serial} />
      <label for={id}>
        {_('Type the six digits that the laptop shows:')}
        <span class="unseen"> {about}</span>
      </label>
      <input
        id={id}
        name="code"
        class="code"
        dir="ltr"
        size={8}
        maxLength={12}
        inputMode="numeric"
        autocomplete="off"
        required
      />{' '}
      <button type="submit">{_('Approve')}</button>
    </form>
  );
}
