/**
 * The kinds of entries as words and as icons, for children who cannot read and entries without a picture.
 */
import type { VNode } from 'preact';
import type { Words } from '../../../shared/words/words.ts';
import type { Kind } from '../../api/entry-facts.ts';

export function kindName({ _ }: Words, kind: Kind): string {
  switch (kind) {
    case 'picture':
      return _('Picture');
    case 'text':
      return _('Text');
    case 'sound':
      return _('Sound');
    case 'film':
      return _('Film');
    case 'web':
      return _('Web page');
    case 'program':
      return _('Program');
    case 'book':
      return _('Book');
    case 'archive':
      return _('Collection');
    case 'other':
      return _('Something else');
    default:
      return kind satisfies never;
  }
}

const PAPER = 'M13 6h20l10 10v33H13z';
/** Paths in a view box of 55 by 55, like Sugar's own icons. */
const SHAPES: Readonly<Record<Kind, string>> = {
  picture: 'M6 11h43v33H6zM6 38l13-14 10 10 7-7 13 13M38 20h.1',
  text: `${PAPER}M20 24h16M20 32h16M20 40h10`,
  sound:
    'M20 40V13l20-5v27M20 40a6 5 0 1 1-12 0 6 5 0 1 1 12 0zM40 35a6 5 0 1 1-12 0 6 5 0 1 1 12 0z',
  film: 'M6 12h43v31H6zM23 20v15l13-7.500z',
  web: 'M49 27.500a21.500 21.500 0 1 1-43 0 21.500 21.500 0 1 1 43 0zM6 27.500h43M27.500 6c-14 12-14 31 0 43M27.500 6c14 12 14 31 0 43',
  program: 'M20 15L7 27.500 20 40M35 15l13 12.500L35 40M31 10l-7 35',
  book: 'M27.500 14C20 9 12 9 6 11v32c6-2 14-2 21.500 3 7.500-5 15.500-5 21.500-3V11c-6-2-14-2-21.500 3zM27.500 14v32',
  archive: 'M7 18l20-9 21 9v20l-21 10-20-10zM7 18l20 9 21-9M27 27v21',
  other: PAPER,
};

/** Black on white, because a child's two colours may lack contrast. The word stands beside it. */
export function KindIcon({ kind }: { kind: Kind }): VNode {
  return (
    <svg class="kind" width="55" height="55" viewBox="0 0 55 55" aria-hidden="true">
      <path
        d={SHAPES[kind]}
        stroke="#282828"
        fill="#ffffff"
        stroke-width="3"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
  );
}
