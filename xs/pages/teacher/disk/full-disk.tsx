/**
 * What makes room on the disk: what frees most comes first, with its size. Pure.
 */
import type { VNode } from 'preact';
import { size, type Words } from '../../../../shared/words/words.ts';
import { reliefText } from '../../../admin/concern-words.ts';
import type { Relief } from '../../../admin/relief.ts';
import { laptopPath } from '../../frame/paths.ts';
import { PLACES } from '../../frame/teacher-frame.tsx';

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
          <li key={relief.type}>
            {reliefText(words, relief)}
            <Whose words={words} relief={relief} />
          </li>
        ))}
        <li>{_('a larger disk')}</li>
      </ul>
    </section>
  );
}

/** The laptops that have most of it, each with the page on which it is decided. */
function Whose({ words, relief: { type, laptops } }: { words: Words; relief: Relief }) {
  const { _ } = words;
  if (laptops.length === 0) return null;
  return (
    <p class="details">
      {_('Most of it:')}{' '}
      {laptops.map(({ serial, nick, bytes }, n) => (
        <span key={serial}>
          {n > 0 ? ' · ' : ''}
          <a href={laptopPath(serial)}>
            <bdi>{nick || serial}</bdi>
          </a>{' '}
          <span class="serial">{serial}</span> {size(words, bytes)}
        </span>
      ))}
      {type === 'held' ? (
        <>
          {' · '}
          <a href={PLACES.held}>{_('Held aside')}</a>
        </>
      ) : null}
    </p>
  );
}
