/**
 * The confirmation of an act: what it means, whom it is about, yes and no; and the page of a refused act.
 */

import type { VNode } from 'preact';
import { ago, type Words } from '../../../../shared/words/words.ts';
import { FormToken, type Page } from '../../frame/frame.tsx';
import { MOODLE_PATH, PLACES, type Place, TeacherFrame } from '../../frame/teacher-frame.tsx';
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
  /** Instead of one button. */
  choices: readonly ActChoice[];
  /** Seconds since 1970. */
  now: number;
}

export interface ActChoice {
  name: Act['name'];
  label: string;
}

export function ActPage(props: ActProps): VNode {
  const { page, act, texts, about, choices, now } = props;
  const { _ } = page.words;
  const back = effectPath(act);
  return (
    <TeacherFrame page={page} title={texts.question} place={placeOf(back)}>
      <section class="card">
        {about.length > 2 ? (
          <ul class="names">
            {about.map(({ serial, name }) => (
              <li key={serial}>
                <bdi>{name}</bdi> {name === serial ? null : <span class="serial">{serial}</span>}
              </li>
            ))}
          </ul>
        ) : (
          <div class="pair">
            {about.map((card) => (
              <About key={card.serial} words={page.words} card={card} now={now} />
            ))}
          </div>
        )}
        {act.fields.key === undefined ? null : (
          <p>
            <code dir="ltr">{act.fields.key}</code>
          </p>
        )}
        <p>{texts.meaning}</p>
        <form method="post" action="/xs-backup/do">
          <FormToken token={page.formToken} />
          {Object.entries(act.fields).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <Buttons
            choices={choices.length > 0 ? choices : [{ name: act.name, label: texts.label }]}
          />
          <a class="button quiet" href={back}>
            {_('No, go back')}
          </a>
        </form>
      </section>
    </TeacherFrame>
  );
}

function Buttons({ choices }: Pick<ActProps, 'choices'>) {
  return (
    <>
      {choices.flatMap(({ name, label }) => [
        <button key={name} type="submit" name="act" value={name}>
          {label}
        </button>,
        ' ',
      ])}
    </>
  );
}

/** A laptop with its dates, which tell a new one from an old one of the same name. */
function About({ words, card, now }: { words: Words; card: LaptopCard; now: number }) {
  const { _ } = words;
  const { serial, name, colors, registeredAt, safeAt } = card;
  return (
    <p>
      <XoIcon colors={colors} size={72} />
      <strong>
        <bdi>{name}</bdi>
      </strong>
      <span class="serial">{serial}</span>
      <span class="when">{_('registered {ago}', { ago: ago(words, registeredAt, now) })}</span>
      <span class="when">
        {safeAt === null ? _('never seen') : _('last seen {ago}', { ago: ago(words, safeAt, now) })}
      </span>
    </p>
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
  if (path === MOODLE_PATH) return 'status';
  const [place] = Object.entries(PLACES).find(([, href]) => href === path) ?? ['class'];
  return place as Place;
}
