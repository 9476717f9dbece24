/** Which account of a Moodle sees this Journal too, for the child whose it is, with the way to end it. */
import type { VNode } from 'preact';
import type { Binding } from '../../moodle/records.ts';
import { secondsOf } from '../frame/day-name.ts';
import { FormToken, type Page } from '../frame/frame.tsx';
import { END_ACCOUNT } from '../moodle/account-routes.ts';

export interface MoodleNoteProps {
  page: Page;
  accounts: readonly Binding[];
}

export function MoodleNote({ page, accounts }: MoodleNoteProps): VNode | null {
  const { _, date } = page.words;
  if (accounts.length === 0) return null;
  return (
    <section class="card">
      <h2>Moodle</h2>
      {accounts.map(({ id, name, sub, since }) => (
        <form key={id} method="post" action={END_ACCOUNT}>
          <p>
            {_('Whoever signs in to Moodle as {name} sees this Journal, since {date}.', {
              name: `\u2068${name ?? sub}\u2069`,
              date: date(secondsOf(since)),
            })}
          </p>
          <FormToken token={page.formToken} />
          <input type="hidden" name="account" value={id} />
          <button type="submit" class="quiet">
            {_('End this')}
          </button>
        </form>
      ))}
    </section>
  );
}
