/**
 * The sign-in page: tells a child how, and asks a teacher for a password.
 */
import type { VNode } from 'preact';
import { FormToken, Frame, type Page } from '../frame/frame.tsx';

export type SignInProblem = 'wrong' | 'wait' | 'link' | null;

export function SignInPage(props: { page: Page; back: string; problem: SignInProblem }): VNode {
  const { page, back, problem } = props;
  const { _ } = page.words;
  return (
    <Frame page={page} title={_('Who are you?')}>
      {problem ? (
        <p class="alert" role="alert">
          {problemText(page, problem)}
        </p>
      ) : null}
      <section class="card">
        <h2>{_('I am a child')}</h2>
        <p>{_('Open the Backup activity on your laptop. It brings you here.')}</p>
      </section>
      <section class="card">
        <h2>{_('I am a teacher')}</h2>
        <form method="post" action="/ds-restore/sign-in">
          <FormToken token={page.formToken} />
          <input type="hidden" name="back" value={back} />
          <p>
            <label for="name">{_('Name')}</label>
            <input id="name" name="name" autocomplete="username" maxLength={60} required />
          </p>
          <p>
            <label for="password">{_('Password')}</label>
            <input
              id="password"
              type="password"
              name="password"
              autocomplete="current-password"
              maxLength={200}
              required
            />
          </p>
          <p>
            <button type="submit">{_('Sign in')}</button>
          </p>
        </form>
      </section>
    </Frame>
  );
}

function problemText({ words: { _ } }: Page, problem: NonNullable<SignInProblem>): string {
  switch (problem) {
    case 'wrong':
      return _('This name and this password do not belong together.');
    case 'wait':
      return _('Too many tries. Wait some minutes.');
    case 'link':
      return _('This link was used already, or is too old. The Backup activity has a new one.');
    default:
      return problem satisfies never;
  }
}
