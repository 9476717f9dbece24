/**
 * The teachers' first page: how many laptops are safe, what needs a look, the state of the server.
 */

import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import type { Page } from '../../frame/frame.tsx';
import {
  DAYS_PATH,
  MOODLE_PATH,
  PAPER_PATH,
  PLACES,
  TeacherFrame,
} from '../../frame/teacher-frame.tsx';
import { Facts } from '../shown/facts.tsx';
import { FirstSteps } from '../shown/first-steps.tsx';
import { MarkShape } from '../shown/marks.tsx';
import type { Ask, StatusView } from './status-view.ts';

export interface StatusProps {
  page: Page;
  view: StatusView;
  /** Whether a Moodle may sign children on. */
  moodle: boolean;
}

export function StatusPage({ page, view, moodle }: StatusProps): VNode {
  const { _ } = page.words;
  return (
    <TeacherFrame page={page} title={_('The school')} place="status">
      <ul class="counts">
        {view.counts.map(({ mark, count, text }) => (
          <li key={mark}>
            <a class="tile" href={`${PLACES.class}?only=${mark}`}>
              <MarkShape mark={mark} size={48} />
              <strong class="count" aria-hidden="true">
                {page.words.number(count)}
              </strong>
              <span>{text}</span>
            </a>
          </li>
        ))}
      </ul>
      {view.calm === null ? <FirstSteps words={page.words} /> : null}
      {view.asks.length > 0 || view.calm ? <Needs words={page.words} view={view} /> : null}
      {view.advice.length > 0 ? (
        <section class="card">
          <h2>{_('Worth doing')}</h2>
          <Asks asks={view.advice} />
        </section>
      ) : null}
      <p>
        <a class="button" href={DAYS_PATH}>
          {_('Who came on which day')}
        </a>{' '}
        <a class="button" href={PAPER_PATH}>
          {_('A page to keep beside the server')}
        </a>{' '}
        {moodle ? (
          <a class="button" href={MOODLE_PATH}>
            Moodle
          </a>
        ) : null}
      </p>
      <section class="card">
        <h2>{_('The server')}</h2>
        <Facts facts={view.facts} />
        <p>
          <a class="button" href="/xs-backup/diag.txt" download>
            {_('Report for who helps')}
          </a>{' '}
          {_('A text about this server, without names, serials or keys.')}
        </p>
      </section>
    </TeacherFrame>
  );
}

function Needs({ words, view: { asks, calm } }: { words: Words; view: StatusView }) {
  return (
    <section class="card">
      <h2>{words._('What needs you')}</h2>
      {asks.length === 0 && calm ? <Calm {...calm} /> : null}
      <Asks asks={asks} />
    </section>
  );
}

function Asks({ asks }: { asks: readonly Ask[] }) {
  return (
    <ul class="asks">
      {asks.map(({ text, href, names, advice }) => (
        <li key={text}>
          <a href={href}>{text}</a>
          {names === '' ? null : (
            <span>
              {': '}
              <bdi>{names}</bdi>
            </span>
          )}
          <p class="advice">{advice}</p>
        </li>
      ))}
    </ul>
  );
}

function Calm({ text, href }: NonNullable<StatusView['calm']>) {
  return <p>{href === null ? text : <a href={href}>{text}</a>}</p>;
}
