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
  code: string | null;
}

export function ActPage({ page, act, texts, about, code }: ActProps): VNode {
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
        {code === null ? null : (
          <p>
            <strong class="code">{code}</strong>
          </p>
        )}
        <p>{texts.meaning}</p>
        <form method="post" action="/xs-backup/do">
          <FormToken token={page.formToken} />
          <input type="hidden" name="act" value={act.name} />
          {Object.entries(act.fields).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <button type="submit">
            {code === null ? texts.label : _('Yes, it shows {code}', { code })}
          </button>{' '}
          <a class="button quiet" href={back}>
            {_('No, go back')}
          </a>
        </form>
      </section>
    </TeacherFrame>
  );
}

export function NotDonePage(props: { page: Page; back: string; problem: string }): VNode {
  const { page, back, problem } = props;
  const { _ } = page.words;
  return (
    <TeacherFrame page={page} title={_('This could not be done')} place={placeOf(back)}>
      <p class="alert" role="alert" lang="en" dir="ltr">
        {problem}
      </p>
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
