/**
 * The things of a laptop's Journal that are not safe at school, each with what the school has of it. The
 * laptop's own sentence stands below in English, for whoever looks after the laptops.
 */
import type { VNode } from 'preact';
import type { NotSafe } from '../../../../shared/protocol/messages.ts';
import type { Words } from '../../../../shared/words/words.ts';

type Thing = NotSafe['entries'][number];

interface Props {
  words: Words;
  /** Of the child, or the serial number. */
  name: string;
  notSafe: NotSafe;
}

export function NotSafeThings({ words, name, notSafe }: Props): VNode | null {
  const { _, _n } = words;
  const { count, entries } = notSafe;
  if (count === 0) return null;
  const more = count - entries.length;
  return (
    <section>
      <h2>
        {_n('{name}: {n} thing is not safe', '{name}: {n} things are not safe', count, { name })}
      </h2>
      <ul class="rows">
        {entries.map((thing) => (
          <li key={thing.uid}>
            <bdi>{thing.title || _('No title')}</bdi> · {atSchool(words, thing)}
            <span class="when" lang="en" dir="ltr">
              {' '}
              {thing.why}
            </span>
          </li>
        ))}
        {more > 0 ? <li>{_n('and {n} more', 'and {n} more', more)}</li> : null}
      </ul>
    </section>
  );
}

function atSchool({ _ }: Words, { school }: Thing): string {
  switch (school) {
    case 'rest':
      return _('The school keeps all but a part of it.');
    case 'older':
      return _('The school keeps only an earlier version.');
    case 'nothing':
      return _('The school keeps nothing of it: copy it to a stick.');
    default:
      return school satisfies never;
  }
}
