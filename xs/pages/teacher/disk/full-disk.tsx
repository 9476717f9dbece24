/**
 * What a teacher does when the disk gets full: what frees most comes first, with its size. Pure.
 */
import type { VNode } from 'preact';
import { size, type Words } from '../../../../shared/words/words.ts';

export interface Relief {
  type: 'others' | 'pins' | 'held';
  bytes: number;
}

/** Largest first; without those that would free nothing. */
export function reliefs(bytes: Readonly<Record<Relief['type'], number>>): Relief[] {
  return (['others', 'pins', 'held'] as const)
    .map((type) => ({ type, bytes: bytes[type] }))
    .filter((one) => one.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

export function FullDisk({ words, found }: { words: Words; found: readonly Relief[] }): VNode {
  const { _ } = words;
  return (
    <section class="card">
      <h2>{_('When the disk gets full')}</h2>
      <p>
        {_(
          'Every day, old backups of laptops over their share go by themselves. The newest and the first backup of each laptop, and what is pinned, stay. The trash is emptied earlier when room is scarce. More room comes from:',
        )}
      </p>
      <ul>
        {found.map((relief) => (
          <li key={relief.type}>{reliefText(words, relief)}</li>
        ))}
        <li>{_('a larger disk')}</li>
      </ul>
    </section>
  );
}

function reliefText(words: Words, { type, bytes }: Relief): string {
  const { _ } = words;
  const values = { size: size(words, bytes) };
  switch (type) {
    case 'others':
      return _('{size} of other files on this disk: whoever looks after the server may move them', {
        ...values,
      });
    case 'pins':
      return _(
        '{size} of pinned things: unpin what nobody needs, on the page of its laptop',
        values,
      );
    case 'held':
      return _('{size} held aside: decide whether it is right or a mistake', values);
    default:
      return type satisfies never;
  }
}
