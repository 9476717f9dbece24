/**
 * The search form: sent by GET, so that it works without scripts and with the back button.
 */
import type { VNode } from 'preact';
import type { Words } from '../../../shared/words/words.ts';
import { KINDS } from '../../api/entry-facts.ts';
import { kindName } from '../frame/kinds.tsx';
import type { Search } from './entry-search.ts';

export interface SearchFormProps {
  words: Words;
  action: string;
  /** The search whose results are shown. */
  search: Search | null;
}

export function SearchForm({ words, action, search }: SearchFormProps): VNode {
  const { _ } = words;
  return (
    <form class="search" method="get" action={action}>
      <p>
        <label for="q">{_('What are you looking for?')}</label>
        <input id="q" type="search" name="q" maxLength={100} value={search?.words ?? ''} />
      </p>
      <p>
        <label for="kind">{_('Kind')}</label>
        <select id="kind" name="kind">
          <option value="">{_('All kinds')}</option>
          {KINDS.map((kind) => (
            <option key={kind} value={kind} selected={kind === search?.kind}>
              {kindName(words, kind)}
            </option>
          ))}
        </select>
      </p>
      <p>
        <button type="submit">{_('Search')}</button>
      </p>
    </form>
  );
}
