/**
 * The entries of one day, or of all days together: pictures with titles, in pages.
 */
import type { VNode } from 'preact';
import type { Digest } from '../../../shared/ids.ts';
import { ago, fileSize } from '../../../shared/words/words.ts';
import { Crack } from '../frame/crack.tsx';
import type { Page } from '../frame/frame.tsx';
import { KindIcon, kindName } from '../frame/kinds.tsx';
import { Pager } from '../frame/pager.tsx';
import type { Paged } from '../frame/paging.ts';
import { entryPath } from '../frame/paths.ts';
import { type Search, searchQuery } from './entry-search.ts';
import type { ShownEntry } from './journal.ts';
import { JournalFrame, type JournalOf } from './journal-frame.tsx';
import { SearchForm } from './search-form.tsx';

export interface EntriesProps {
  page: Page;
  of: JournalOf;
  title: string;
  /** The address of this list, without the query. */
  path: string;
  search: Search;
  found: Paged<ShownEntry>;
  /** Those of them that are damaged. */
  damaged: ReadonlySet<ShownEntry>;
  pinned: ReadonlySet<Digest>;
  /** Seconds since 1970. */
  now: number;
}

export function EntriesPage(props: EntriesProps): VNode {
  const { page, of, title, path, search, found } = props;
  const { _, _n } = page.words;
  return (
    <JournalFrame page={page} of={of} title={title} trail={[]}>
      <SearchForm words={page.words} action={path} search={search} />
      <p class="count">{_n('{n} thing', '{n} things', found.total)}</p>
      {found.total === 0 ? <p>{_('Nothing was found. Try other words.')}</p> : null}
      <ul class="entries">
        {found.shown.map((one) => (
          <li key={one.listed.uid}>
            <EntryCard {...props} one={one} />
          </li>
        ))}
      </ul>
      <Pager
        words={page.words}
        paged={found}
        href={(n) => path + searchQuery(search, n)}
        before={_('Newer')}
        after={_('Older')}
      />
    </JournalFrame>
  );
}

function EntryCard({
  page: { words },
  of: { reader },
  pinned,
  damaged,
  now,
  one,
}: EntriesProps & { one: EntriesProps['found']['shown'][number] }) {
  const { _ } = words;
  const { facts, listed } = one;
  const href = entryPath(reader, one, listed.uid);
  if (!facts) {
    return (
      <a class="entry" href={href}>
        <span class="picture" />
        <DamagedMark label={_('Damaged')} />
      </a>
    );
  }
  return (
    <a class="entry" href={href}>
      <span class="picture">
        {facts.preview && listed.facts ? (
          <img src={`${href}picture`} alt="" loading="lazy" />
        ) : (
          <KindIcon kind={facts.kind} />
        )}
      </span>
      <strong>
        <bdi>{facts.title || _('Without a title')}</bdi>
      </strong>
      <span>
        {kindName(words, facts.kind)}
        {facts.hasContent ? ` · ${fileSize(words, facts.contentBytes)}` : ''}
      </span>
      <span>{ago(words, facts.changed, now)}</span>
      {damaged.has(one) ? <DamagedMark label={_('Damaged')} /> : null}
      {pinned.has(listed.digest) ? <PinnedMark label={_('This is pinned')} /> : null}
    </a>
  );
}

function DamagedMark({ label }: { label: string }) {
  return (
    <strong class="damaged">
      <Crack /> {label}
    </strong>
  );
}

export function PinnedMark({ label }: { label: string }): VNode {
  return (
    <span class="pinned">
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <path
          d="M10 1l2.700 5.800 6.300.800-4.600 4.400 1.200 6.300-5.600-3.100-5.600 3.100 1.200-6.300L1 7.600l6.300-.800z"
          fill="#1a1a1a"
        />
      </svg>{' '}
      {label}
    </span>
  );
}
