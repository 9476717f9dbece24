/**
 * All laptops as small XO figures in their children's colours: search first, then groups with what
 * needs a teacher first, in pages of 50.
 */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import type { Page } from '../../frame/frame.tsx';
import { Pager } from '../../frame/pager.tsx';
import { type Paged, withQuery } from '../../frame/paging.ts';
import { laptopPath } from '../../frame/paths.ts';
import { type Done, PLACES, TeacherFrame } from '../../frame/teacher-frame.tsx';
import { FirstSteps } from '../shown/first-steps.tsx';
import type { LaptopCard } from '../shown/laptop-card.ts';
import { LaptopTile } from '../shown/laptop-tile.tsx';
import { MARKS, type Mark, MarkShape, markName } from '../shown/marks.tsx';
import type { ClassSearch } from './class-search.ts';
import { NameSearch } from './name-search.tsx';

export interface ClassProps {
  page: Page;
  /** All laptops of the school by state. */
  counts: Readonly<Record<Mark, number>>;
  /** All laptops of the school. */
  total: number;
  search: ClassSearch;
  found: Paged<LaptopCard>;
  /** Seconds since 1970. */
  now: number;
  done?: Done | undefined;
}

export function ClassPage(props: ClassProps): VNode {
  const { page, total, search, found, now, done } = props;
  const { words } = page;
  const { _, _n } = words;
  if (total === 0) {
    return (
      <TeacherFrame page={page} title={_('Laptops')} place="class" done={done}>
        <FirstSteps words={words} />
      </TeacherFrame>
    );
  }
  const { only } = search;
  return (
    <TeacherFrame page={page} title={_('Laptops')} place="class" done={done}>
      <NameSearch words={words} action={PLACES.class} typed={search.words} kept={{ only }} />
      <StateFilter {...props} />
      {search.words === '' ? null : (
        <p class="count" role="status">
          {_n('{n} laptop found', '{n} laptops found', found.total)}
        </p>
      )}
      {found.total === 0 ? <p>{nothingText(words, search)}</p> : null}
      {groupsOf(found.shown, only).map(({ mark, cards }) => (
        <section key={mark}>
          {only === null ? <h2>{markName(words, mark)}</h2> : null}
          <ul class="class">
            {cards.map((card) => (
              <li key={card.serial}>
                <LaptopTile words={words} card={card} now={now} href={laptopPath(card.serial)} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      <Pager
        words={words}
        paged={found}
        href={(n) => withQuery(PLACES.class, { only: only ?? '', q: search.words, page: n })}
        before={_('Page before')}
        after={_('Next page')}
      />
    </TeacherFrame>
  );
}

function nothingText({ _ }: Words, search: ClassSearch): string {
  return search.words === ''
    ? _('No laptop is in this state.')
    : _('No laptop has this name or serial number here. Try fewer letters.');
}

/** One group for each state that the cards are shown with, in their order. */
function groupsOf(cards: readonly LaptopCard[], only: Mark | null) {
  const groups: { mark: Mark; cards: LaptopCard[] }[] = [];
  for (const card of cards) {
    const mark = only ?? card.mark;
    const last = groups.at(-1);
    if (last?.mark === mark) last.cards.push(card);
    else groups.push({ mark, cards: [card] });
  }
  return groups;
}

function StateFilter({ page: { words }, counts, total, search }: ClassProps) {
  const { _, _n, number } = words;
  const href = (only: Mark | '') => withQuery(PLACES.class, { only, q: search.words });
  const shown = MARKS.filter((mark) => counts[mark] > 0 || mark === search.only);
  const states = MARKS.reduce((sum, mark) => sum + counts[mark], 0);
  return (
    <nav class="filter" aria-label={_('Which laptops')}>
      <ul>
        <li>
          <a class="tab" href={href('')} aria-current={search.only === null ? 'true' : undefined}>
            {_n('{n} laptop', '{n} laptops', total)}
          </a>
        </li>
        {shown.map((mark) => (
          <li key={mark}>
            <a
              class="tab"
              href={href(mark)}
              aria-current={mark === search.only ? 'true' : undefined}
            >
              <MarkShape mark={mark} size={20} /> {markName(words, mark)}: {number(counts[mark])}
            </a>
          </li>
        ))}
      </ul>
      {states > total ? <p>{_('A laptop that is in several states is counted in each.')}</p> : null}
    </nav>
  );
}
