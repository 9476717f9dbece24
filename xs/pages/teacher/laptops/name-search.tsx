/** A search for laptops by name or serial number; sent by GET, so that it needs no script. */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import type { Paged } from '../../frame/paging.ts';

export interface NameSearchProps {
  words: Words;
  action: string;
  /** The words whose results are shown. */
  typed: string;
  /** Other values of the query that the search keeps. */
  kept?: Readonly<Record<string, string | null>>;
}

export function NameSearch({ words, action, typed, kept = {} }: NameSearchProps): VNode {
  const { _ } = words;
  return (
    <form class="search" method="get" action={action}>
      {Object.entries(kept).map(([name, value]) =>
        value === null ? null : <input key={name} type="hidden" name={name} value={value} />,
      )}
      <p>
        <label for="q">{_('Name or serial number')}</label>
        <input id="q" type="search" name="q" maxLength={100} value={typed} />
      </p>
      <p>
        <button type="submit">{_('Search')}</button>
      </p>
    </form>
  );
}

type SearchOfManyProps = NameSearchProps & { found: Pick<Paged<unknown>, 'total' | 'pages'> };

/** The same, where a list is long or was searched; with a word where nothing was found. */
export function SearchOfMany({ found, ...search }: SearchOfManyProps): VNode | null {
  const { words, typed } = search;
  if (found.pages < 2 && typed === '') return null;
  return (
    <>
      <NameSearch {...search} />
      {found.total === 0 ? (
        <p>{words._('No laptop has this name or serial number here. Try fewer letters.')}</p>
      ) : null}
    </>
  );
}
