/**
 * The sign-in page: tells a child how, and asks a teacher for a password.
 */
import type { VNode } from 'preact';
import { FormToken, Frame, type Page } from '../frame/frame.tsx';
import type { Door } from '../guard/entrance.ts';

/** Where a child's code is sent. */
export const CODE_SIGN_IN = '/ds-restore/code';

export type SignInProblem =
  | ('wrong' | 'wait' | 'link' | 'here')
  | ('code' | 'code-form' | 'code-wait')
  | null;

export interface SignInProps {
  page: Page;
  back: string;
  problem: SignInProblem;
  /** Whether any teacher has a password. */
  teachers: boolean;
  /** Whether a teacher may sign in here, or where else. */
  door: Door;
}

export function SignInPage({ page, back, problem, teachers, door }: SignInProps): VNode {
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
        <CodeForm page={page} />
      </section>
      <section class="card">
        <h2>{_('I am a teacher')}</h2>
        {teachers ? <WayIn page={page} back={back} door={door} /> : <NoTeachers page={page} />}
      </section>
    </Frame>
  );
}

/** For a child whose laptop has no Backup activity. The address of this page is short enough to be typed. */
function CodeForm({ page }: Pick<SignInProps, 'page'>) {
  const { _ } = page.words;
  return (
    <form method="post" action={CODE_SIGN_IN} class="typed-code">
      <FormToken token={page.formToken} />
      <p>{_('Your laptop does not have it? Ask your teacher for a code.')}</p>
      <label for="code">{_('The code from your teacher')}</label>
      <input
        id="code"
        name="code"
        class="code"
        dir="ltr"
        size={10}
        maxLength={20}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        required
      />{' '}
      <button type="submit">{_('To my Journal')}</button>
    </form>
  );
}

function WayIn({ page, back, door }: Pick<SignInProps, 'page' | 'back' | 'door'>) {
  const { _ } = page.words;
  switch (door.type) {
    case 'open':
      return <PasswordForm page={page} back={back} />;
    case 'elsewhere':
      return <p>{_('Teachers do not sign in from here. Use the network of the teachers.')}</p>;
    case 'secure':
      return door.href === null ? (
        <NoSecureWay page={page} />
      ) : (
        <SecureWay page={page} href={door.href} />
      );
    default:
      return door satisfies never;
  }
}

function SecureWay({ page: { words }, href }: { page: Page; href: string }) {
  const { _ } = words;
  return (
    <>
      <p>{_('Nobody can listen when you sign in over HTTPS.')}</p>
      <p>
        {_(
          'The browser does not know this server yet and warns you. Compare the fingerprint that it shows (SHA-256) with the page beside the server, and go on only when they are the same.',
        )}
      </p>
      <p>
        <a class="button" href={href}>
          {_('Sign in')}
        </a>
      </p>
    </>
  );
}

function NoSecureWay({ page: { words } }: { page: Page }) {
  const { _ } = words;
  return (
    <p>
      {_(
        'HTTPS does not work at the moment, so nobody can sign in. At the terminal of the server:',
      )}{' '}
      <code>xs-backup doctor</code>
    </p>
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
      return _(
        'This link was used already, or is too old. The Backup activity has a new one, or your teacher a code.',
      );
    case 'code':
      return _(
        'This is not a code that is good now. Look at each letter; if it is the same, ask your teacher for a new one.',
      );
    case 'code-form':
      return _('A code has eight letters and digits.');
    case 'code-wait':
      return _('Wrong codes were typed too often. Wait two minutes, and try again.');
    case 'here':
      return _('Passwords are not taken here: somebody may have listened.');
    default:
      return problem satisfies never;
  }
}
