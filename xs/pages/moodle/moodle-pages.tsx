/**
 * The pages of Moodle's launches: the way out of a frame, what an account still needs, the two questions, and
 * why a launch leads nowhere.
 */
import type { VNode } from 'preact';
import type { Words } from '../../../shared/words/words.ts';
import { FormToken, Frame, type Page } from '../frame/frame.tsx';
import type { Account, Pending } from './moodle-site.ts';

export function LeadOutPage({ page, href }: { page: Page; href: string }): VNode {
  const { _ } = page.words;
  return (
    <Frame page={page} title={_('Your backup opens in a window of its own')}>
      <p>
        <a class="button" href={href} target="_top">
          {_('Open my backup')}
        </a>
      </p>
    </Frame>
  );
}

interface ShowLaptopProps {
  page: Page;
  account: Account;
  /** Where a teacher's code is typed, and a teacher signs in herself. */
  signIn: string;
}

/** The account is right, and nobody knows yet which laptop belongs to it. */
export function ShowLaptopPage({ page, account, signIn }: ShowLaptopProps): VNode {
  const { _ } = page.words;
  return (
    <Frame page={page} title={_('Which laptop is yours?')}>
      <section class="card">
        <p>{_('In Moodle you are {name}.', { name: accountName(page.words, account) })}</p>
        <p>
          {_(
            'Once, you have to show your laptop: open the Backup activity on it, and from there these pages, in this browser. You have ten minutes.',
          )}
        </p>
        <p>{_('From then on Moodle brings you here by itself.')}</p>
      </section>
      <section class="card">
        <p>{_('Your laptop does not have it? Ask your teacher for a code.')}</p>
        <p>
          <a class="button" href={signIn}>
            {_('Sign in')}
          </a>
        </p>
      </section>
    </Frame>
  );
}

interface QuestionProps {
  page: Page;
  pending: Pending;
  /** Whose Journal it is. */
  name: string;
  action: string;
}

/** Asked once: whether the account and the laptop are of one child. */
export function BothPage({ page, pending, name, action }: QuestionProps): VNode {
  const { _ } = page.words;
  const account = accountName(page.words, pending);
  return (
    <Frame page={page} title={_('Are both of these you?')}>
      <section class="card">
        <dl>
          <div>
            <dt>{_('In Moodle')}</dt>
            <dd>
              <strong>
                <bdi>{account}</bdi>
              </strong>
            </dd>
          </div>
          <div>
            <dt>{_('On this laptop')}</dt>
            <dd>
              <strong>
                <bdi>{name}</bdi>
              </strong>
            </dd>
          </div>
        </dl>
        {haveAWordInCommon(pending.name ?? '', name) ? null : (
          <p class="alert" role="alert">
            {_('These are two different names. Is one of them somebody else?')}
          </p>
        )}
        <p>
          {_(
            'If you say yes, whoever signs in to Moodle as {account} sees the Journal of {name} from now on. Say no if one of the names is not yours.',
            { account: isolate(account), name: isolate(name) },
          )}
        </p>
        <Answers
          {...{ page, pending, action }}
          yes={_('Yes, both are me')}
          no={_('No, one is somebody else')}
        />
      </section>
    </Frame>
  );
}

/** Somebody else is signed in in this browser. */
export function OtherPage({ page, pending, name, action }: QuestionProps): VNode {
  const { _ } = page.words;
  return (
    <Frame page={page} title={_('Somebody else is signed in here')}>
      <section class="card">
        <p>{_('In Moodle you are {name}.', { name: accountName(page.words, pending) })}</p>
        <Answers
          {...{ page, pending, action }}
          yes={_('Go on as {name}', { name: isolate(name) })}
          no={_('No, go back')}
        />
      </section>
    </Frame>
  );
}

interface AnswersProps extends Pick<QuestionProps, 'page' | 'pending' | 'action'> {
  yes: string;
  no: string;
}

function Answers({ page, pending, action, yes, no }: AnswersProps) {
  return (
    <form method="post" action={action}>
      <FormToken token={page.formToken} />
      <input type="hidden" name="pending" value={pending.id} />
      <button type="submit" name="answer" value="yes">
        {yes}
      </button>{' '}
      <button type="submit" name="answer" value="no" class="quiet">
        {no}
      </button>
    </form>
  );
}

export type MoodleProblem = 'again' | 'stranger' | 'taken';

export function MoodleProblemPage({
  page,
  problem,
}: {
  page: Page;
  problem: MoodleProblem;
}): VNode {
  const { heading, more } = problemWords(page.words, problem);
  return (
    <Frame page={page} title={heading}>
      <p>{more}</p>
      <p>
        <a class="button" href="/ds-restore/">
          {page.words._('To the beginning')}
        </a>
      </p>
    </Frame>
  );
}

function problemWords({ _ }: Words, problem: MoodleProblem): { heading: string; more: string } {
  switch (problem) {
    case 'again':
      return {
        heading: _('Please begin again in Moodle.'),
        more: _(
          'This way in was used already, is too old, or was opened in another browser. If it happens again, this browser keeps no cookies.',
        ),
      };
    case 'stranger':
      return {
        heading: _('This server does not know this Moodle.'),
        more: _(
          'Tell your teacher: it has to be added here, and again after it was installed anew.',
        ),
      };
    case 'taken':
      return {
        heading: _('This Journal has another account of Moodle already.'),
        more: _(
          'It is named on the page of your days, and you can end it there. If it is not yours, tell your teacher.',
        ),
      };
    default:
      return problem satisfies never;
  }
}

/** What Moodle calls somebody, who may have chosen it. */
function accountName({ _ }: Words, { name, sub }: Account): string {
  return name === null ? _('number {number}', { number: sub }) : isolate(name);
}

/** A name in another script must not turn the direction of the sentence around it. */
function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}

/** As people call one child: "Jocinta" and "Jocinta Quispe", whatever their accents and capitals. */
function haveAWordInCommon(one: string, other: string): boolean {
  const wordsOf = (name: string) =>
    name
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu);
  const known = new Set(wordsOf(one));
  return (wordsOf(other) ?? []).some((word) => known.has(word));
}
