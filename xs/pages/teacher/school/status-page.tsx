/**
 * The teachers' first page: how many laptops are safe, what needs a look, the state of the server.
 */

import type { VNode } from 'preact';
import type { Page } from '../../frame/frame.tsx';
import { PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { Facts } from '../shown/facts.tsx';
import { MarkShape } from '../shown/marks.tsx';
import type { StatusView } from './status-view.ts';

export function StatusPage({ page, view }: { page: Page; view: StatusView }): VNode {
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
      <section class="card">
        <h2>{_('What needs you')}</h2>
        {view.asks.length === 0 ? <p>{_('Nothing. All is well.')}</p> : null}
        <ul class="asks">
          {view.asks.map(({ text, href, names }) => (
            <li key={text}>
              <a href={href}>{text}</a>
              {names === '' ? null : (
                <span>
                  {': '}
                  <bdi>{names}</bdi>
                </span>
              )}
            </li>
          ))}
        </ul>
      </section>
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
