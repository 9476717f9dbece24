/** Links to the page before and the page after, below a long list. */
import type { VNode } from 'preact';
import type { Words } from '../../../shared/words/words.ts';
import type { Paged } from './paging.ts';

export interface PagerProps {
  words: Words;
  paged: Pick<Paged<unknown>, 'page' | 'pages'>;
  /** Address of a page of this list. */
  href: (page: number) => string;
  /** Words on the links. */
  before: string;
  after: string;
}

export function Pager({ words, paged, href, before, after }: PagerProps): VNode | null {
  const { page, pages } = paged;
  if (pages < 2) return null;
  const { _, number } = words;
  return (
    <nav class="pages" aria-label={_('Pages')}>
      {page > 1 ? (
        <a class="button" rel="prev" href={href(page - 1)}>
          {before}
        </a>
      ) : null}
      <span>{_('Page {page} of {pages}', { page: number(page), pages: number(pages) })}</span>
      {page < pages ? (
        <a class="button" rel="next" href={href(page + 1)}>
          {after}
        </a>
      ) : null}
    </nav>
  );
}
