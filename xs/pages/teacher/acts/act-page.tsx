/**
 * The confirmation of an act: what it means, whom it is about, yes and no; and the page of a refused act.
 */

import type { VNode } from 'preact';
import { FormToken, type Page } from '../../frame/frame.tsx';
import { PLACES, type Place, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { XoIcon } from '../../frame/xo-icon.tsx';
import type { LaptopCard } from '../shown/laptop-card.ts';
import type { ActWords } from './act-words.ts';
import { type Act, effectPath } from './acts.ts';

export interface ActProps {
  page: Page;
  act: Act;
  texts: ActWords;
  /** The laptops concerned, the new one first. */
  about: readonly LaptopCard[];
}

export function ActPage({ page, act, texts, about }: ActProps): VNode {
  const { _ } = page.words;
  const back = effectPath(act);
  return (
    <TeacherFrame page={page} title={texts.question} place={placeOf(back)}>
      <section class="card">
        <div class="pair">
          {about.map(({ serial, name, colors }) => (
            <p key={serial}>
              <XoIcon colours={colors} size={72} />
              <strong>
                <bdi>{name}</bdi>
              </strong>
              <span class="serial">{serial}</span>
            </p>
          ))}
        </div>
        {act.fields.key === undefined ? null : (
          <p>
            <code dir="ltr">{act.fields.key}</code>
          </p>
        )}
        <p>{texts.meaning}</p>
        <form method="post" action="/xs-backup/do">
          <FormToken token={page.formToken} />
          <input type="hidden" name="act" value={act.name} />
          {Object.entries(act.fields).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <button type="submit">{texts.label}</button>{' '}
          <a class="button quiet" href={back}>
            {_('No, go back')}
          </a>
        </form>
      </section>
    </TeacherFrame>
  );
}

export interface NotDoneProps {
  page: Page;
  back: string;
  /** In the words of the terminal, which are English. */
  problem: string;
  /** In the teacher's language, where we have words for it. */
  meaning?: string | undefined;
}

export function NotDonePage({ page, back, problem, meaning }: NotDoneProps): VNode {
  const { _ } = page.words;
  return (
    <TeacherFrame page={page} title={_('This could not be done')} place={placeOf(back)}>
      {meaning === undefined ? (
        <p class="alert" role="alert" lang="en" dir="ltr">
          {problem}
        </p>
      ) : (
        <p class="alert" role="alert">
          {meaning}
        </p>
      )}
      <p>
        <a class="button" href={back}>
          {_('Go back')}
        </a>
      </p>
    </TeacherFrame>
  );
}

function placeOf(path: string): Place {
  const [place] = Object.entries(PLACES).find(([, href]) => href === path) ?? ['class'];
  return place as Place;
}
