/**
 * The audit log in sentences, newest first, with filters by laptop, by who did it, and by day.
 */
import type { VNode } from 'preact';
import type { Serial } from '../../../../shared/ids.ts';
import type { Words } from '../../../../shared/words/words.ts';
import type { AuditLine } from '../../../registration/audit.ts';
import { secondsOf, whenText } from '../../frame/day-name.ts';
import type { Page } from '../../frame/frame.tsx';
import { Pager } from '../../frame/pager.tsx';
import { type Paged, withQuery } from '../../frame/paging.ts';
import { laptopPath } from '../../frame/paths.ts';
import { PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { type AuditSearch, actorOf } from './audit-search.ts';
import { auditSentence, type NickOf, whoText } from './audit-words.ts';

export interface AuditProps {
  page: Page;
  search: AuditSearch;
  found: Paged<AuditLine>;
  /** Everybody who did something, for a choice. */
  actors: readonly Pick<AuditLine, 'who' | 'name'>[];
  nickOf: NickOf;
}

export function AuditPage({ page, search, found, actors, nickOf }: AuditProps): VNode {
  const { words } = page;
  const { _ } = words;
  const { words: q, who, day } = search;
  const isFiltered = q !== '' || who !== '' || day !== '';
  return (
    <TeacherFrame page={page} title={_('Who did what')} place="audit">
      <Filter words={words} search={search} actors={actors} />
      {isFiltered ? (
        <p>
          <a href={PLACES.audit}>{_('All of it')}</a>
        </p>
      ) : null}
      {found.total > 0 ? (
        <Lines words={words} lines={found.shown} nickOf={nickOf} />
      ) : (
        <p>{isFiltered ? _('Nothing was done that fits.') : _('Nothing was done yet.')}</p>
      )}
      <Pager
        words={words}
        paged={found}
        href={(n) => withQuery(PLACES.audit, { q, who, day, page: n })}
        before={_('Newer')}
        after={_('Older')}
      />
    </TeacherFrame>
  );
}

function Filter({
  words,
  search,
  actors,
}: Pick<AuditProps, 'search' | 'actors'> & { words: Words }) {
  const { _ } = words;
  return (
    <form class="search" method="get" action={PLACES.audit}>
      <p>
        <label for="q">{_('Name or serial number')}</label>
        <input id="q" type="search" name="q" maxLength={100} value={search.words} />
      </p>
      <p>
        <label for="who">{_('Who')}</label>
        <select id="who" name="who">
          <option value="">{_('Everybody')}</option>
          {actors.map((actor) => (
            <option
              key={actorOf(actor)}
              value={actorOf(actor)}
              selected={actorOf(actor) === search.who}
            >
              {whoText(words, actor)}
            </option>
          ))}
        </select>
      </p>
      <p>
        <label for="day">{_('Day')}</label>
        <input id="day" type="date" name="day" value={search.day} placeholder="2026-12-31" />
      </p>
      <p>
        <button type="submit">{_('Search')}</button>
      </p>
    </form>
  );
}

interface LinesProps {
  words: Words;
  lines: readonly AuditLine[];
  nickOf: NickOf;
}

function Lines({ words, lines, nickOf }: LinesProps) {
  const { _ } = words;
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">{_('When')}</th>
          <th scope="col">{_('What')}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={`${line.time} ${line.event} ${JSON.stringify(line.details)}`}>
            <td class="when">{whenText(words, secondsOf(line.time))}</td>
            <td>
              <Sentence words={words} line={line} nickOf={nickOf} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The sentence leads to the laptop; fingerprints and the like are one click away. */
function Sentence({ words, line, nickOf }: Omit<LinesProps, 'lines'> & { line: AuditLine }) {
  const text = auditSentence(words, line, nickOf);
  const details = Object.entries(line.details);
  return (
    <>
      {line.serial === null ? text : <a href={laptopPath(line.serial as Serial)}>{text}</a>}
      {details.length === 0 ? null : (
        <details class="details">
          <summary>{words._('Details')}</summary>
          <bdi lang="en">{details.map(([name, value]) => `${name}: ${value}`).join(' · ')}</bdi>
        </details>
      )}
    </>
  );
}
