/**
 * The sign-in page: tells a child how, and asks a teacher for a password.
 */
import type { VNode } from 'preact';
import { FormToken, Frame, type Page } from '../frame/frame.tsx';

export type SignInProblem = 'wrong' | 'wait' | 'link' | null;

export interface SignInProps {
  page: Page;
  back: string;
  problem: SignInProblem;
  /** Whether any teacher has a password. */
  teachers: boolean;
}

export function SignInPage({ page, back, problem, teachers }: SignInProps): VNode {
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
        <p>{_('Your laptop does not have it? Ask your teacher.')}</p>
      </section>
      <section class="card">
        <h2>{_('I am a teacher')}</h2>
        {teachers ? <PasswordForm page={page} back={back} /> : <NoTeachers page={page} />}
      </section>
    </Frame>
  );
}

function PasswordForm({ page, back }: Pick<SignInProps, 'page' | 'back'>) {
  const { _ } = page.words;
  return (
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
  );
}

function NoTeachers({ page: { words } }: Pick<SignInProps, 'page'>) {
  const { _ } = words;
  return (
    <p>
      {_('No teacher has been added yet. At the terminal of the server:')}{' '}
      <code>{`xs-backup teacher add ${_('NAME')}`}</code>
    </p>
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
