/**
 * Errors as pages: what went wrong in words for a child, and a link that leads on.
 */
import type { VNode } from 'preact';
import { Frame, type Page } from './frame.tsx';
import { PLACES } from './teacher-frame.tsx';

export type Problem =
  | { type: 'busy' | 'form' | 'address' | 'page' | 'class-page' | 'laptop' | 'broken' }
  | { type: 'digits' | 'code' }
  /** `way` is the page that lists what there is instead. */
  | { type: 'day' | 'entry'; way: string };

export function ProblemPage({ page, problem }: { page: Page; problem: Problem }): VNode {
  const { heading, more, way, label } = wordsOf(page, problem);
  return (
    <Frame page={page} title={heading}>
      <p>{more}</p>
      <p>
        <a class="button" href={way}>
          {label}
        </a>
      </p>
    </Frame>
  );
}

interface ProblemWords {
  heading: string;
  more: string;
  way: string;
  label: string;
}

// long: a table of texts
function wordsOf({ words, who }: Page, problem: Problem): ProblemWords {
  const { _ } = words;
  const start = {
    way: who?.teacher ? PLACES.status : '/ds-restore/',
    label: _('To the beginning'),
  };
  switch (problem.type) {
    case 'busy':
      return { ...start, heading: _('Too much at once.'), more: _('Wait a moment and try again.') };
    case 'form':
      return { ...start, heading: _('This page is too old.'), more: _('Go back and try again.') };
    case 'address':
      return {
        ...start,
        heading: _('This address is incomplete or wrong.'),
        more: _('Go back and choose again, or begin anew.'),
      };
    case 'page':
      return {
        ...start,
        heading: _('There is no page at this address.'),
        more: _('Perhaps it was typed with a mistake, or the link is old.'),
      };
    case 'class-page':
      return classPageWords({ words, who }, start);
    case 'laptop':
      return {
        ...{ way: PLACES.class, label: _('All laptops') },
        heading: _('No laptop with this serial number is registered here.'),
        more: _('It may have been forgotten, or never have come.'),
      };
    case 'digits':
      return {
        ...start,
        heading: _('Your teacher has to type the six digits of this laptop first.'),
        more: _('Then you see the class page. Backup shows the digits on your laptop.'),
      };
    case 'code':
      return {
        ...{ way: '/ds-restore/sign-in', label: _('Sign in with a code') },
        heading: _('Your teacher has to give you a code first.'),
        more: _(
          'Your laptop has no Backup that shows digits. Ask your teacher for a code: with it you see the class page and your days.',
        ),
      };
    case 'day':
      return {
        ...{ way: problem.way, label: _('All days') },
        heading: _('The school no longer keeps this day.'),
        more: _('Of old days, one a month stays. What was made then may be in another day.'),
      };
    case 'entry':
      return {
        ...{ way: problem.way, label: _('To this day') },
        heading: _('This thing is not part of this day.'),
        more: _('Look for it in another day, or search in all of them.'),
      };
    case 'broken':
      return {
        ...start,
        heading: _('This does not work now.'),
        more: _('Tell your teacher. Nothing is lost.'),
      };
    default:
      return problem satisfies never;
  }
}

/** Its address is right, but it is switched off. */
function classPageWords(
  { words: { _ }, who }: Pick<Page, 'words' | 'who'>,
  start: Pick<ProblemWords, 'way' | 'label'>,
): ProblemWords {
  if (who?.teacher) {
    return {
      ...{ way: PLACES.offers, label: _('Class page') },
      heading: _('The class page is off.'),
      more: _('Nobody sees anything of it. Whoever keeps the server can switch it on.'),
    };
  }
  return {
    ...start,
    heading: _('There is no class page at the moment.'),
    more: _('The address is right: it is switched off. Ask your teacher.'),
  };
}
