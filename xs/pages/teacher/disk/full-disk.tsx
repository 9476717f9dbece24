/**
 * What makes room on the disk: what frees most comes first, with its size. Pure.
 */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import { reliefText } from '../../../admin/concern-words.ts';
import type { Relief } from '../../../admin/relief.ts';

export function FullDisk({ words, found }: { words: Words; found: readonly Relief[] }): VNode {
  const { _ } = words;
  return (
    <section class="card">
      <h2>{_('What makes room')}</h2>
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
