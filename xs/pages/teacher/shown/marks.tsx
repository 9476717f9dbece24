/**
 * The state of a laptop as a shape: outlines and contents differ, so that states can be told apart in
 * grey, in sunlight and in print. A word stands beside each.
 */
import type { VNode } from 'preact';
import type { Words } from '../../../../shared/words/words.ts';
import type { LaptopState } from '../../../admin/laptop-states.ts';
import { CRACKED } from '../../frame/crack.tsx';

/** The state of a laptop at a glance. */
export type Mark = LaptopState;

/** The order in which teachers look at them. */
export const MARKS: readonly Mark[] = [
  ...([
    'waiting',
    'held',
    'damaged',
    'partly',
    'late',
    'never',
    'unsure',
    'safe',
    'unconfirmed',
    'replaced',
    'retired',
  ] as const),
];

export function markName({ _ }: Words, mark: Mark): string {
  switch (mark) {
    case 'safe':
      return _('Safe');
    case 'damaged':
      return _('Damaged');
    case 'partly':
      return _('Not all safe');
    case 'unsure':
      return _('Date unknown');
    case 'late':
      return _('Not seen');
    case 'never':
      return _('Never backed up');
    case 'unconfirmed':
      return _('Digits not compared');
    case 'waiting':
      return _('Asks you');
    case 'held':
      return _('Held aside');
    case 'replaced':
      return _('Replaced');
    case 'retired':
      return _('Out of use');
    default:
      return mark satisfies never;
  }
}

const LINE = { fill: 'none', stroke: '#1a1a1a', 'stroke-width': 3 } as const;
const INVERTED = { ...LINE, stroke: '#ffffff' } as const;

export function MarkShape({ mark, size = 28 }: { mark: Mark; size?: number }): VNode {
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      class={`mark ${mark}`}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden="true"
    >
      {shapes[mark]}
    </svg>
  );
}

const shapes: Readonly<Record<Mark, VNode>> = {
  // A full disc with a tick.
  safe: (
    <>
      <circle cx="16" cy="16" r="14" fill="#1a1a1a" />
      <path d="M9 16.5l5 5 9-11" {...INVERTED} />
    </>
  ),
  damaged: CRACKED,
  // A disc, half full.
  partly: (
    <>
      <circle cx="16" cy="16" r="13" {...LINE} fill="#ffffff" />
      <path d="M3 16a13 13 0 0 0 26 0z" fill="#1a1a1a" />
    </>
  ),
  // A disc with a question mark.
  unsure: (
    <>
      <circle cx="16" cy="16" r="13" {...LINE} fill="#ffffff" />
      <path d="M12.3 13a3.7 3.7 0 1 1 5.5 3.2c-1.4.8-1.8 1.3-1.8 2.6" {...LINE} />
      <circle cx="16" cy="23.3" r="1.9" fill="#1a1a1a" />
    </>
  ),
  // A triangle with a clock's hands.
  late: (
    <>
      <path d="M16 3l14 26H2z" {...LINE} fill="#ffffff" />
      <path d="M16 13v8l5 3" {...LINE} stroke-width="2.5" />
    </>
  ),
  // An empty, broken ring.
  never: <circle cx="16" cy="16" r="12.5" {...LINE} fill="#ffffff" stroke-dasharray="5.5 4.3" />,
  // A full diamond with a question mark.
  waiting: (
    <>
      <path d="M16 1l15 15-15 15L1 16z" fill="#1a1a1a" />
      <path d="M12.3 13a3.7 3.7 0 1 1 5.5 3.2c-1.4.8-1.8 1.3-1.8 2.6" {...INVERTED} />
      <circle cx="16" cy="23.3" r="1.9" fill="#ffffff" />
    </>
  ),
  // A square with two bars: it pauses.
  held: (
    <>
      <rect x="2.5" y="2.5" width="27" height="27" {...LINE} fill="#ffffff" />
      <path d="M11.5 9v14M20.5 9v14" {...LINE} stroke-width="4" />
    </>
  ),
  // Two rings that do not meet.
  unconfirmed: (
    <>
      <circle cx="9" cy="16" r="6" {...LINE} fill="#ffffff" />
      <circle cx="24" cy="16" r="6" {...LINE} fill="#ffffff" />
    </>
  ),
  // Two squares, the front one over the back one.
  replaced: (
    <>
      <rect x="2.5" y="2.5" width="18" height="18" {...LINE} />
      <rect x="11.5" y="11.5" width="18" height="18" {...LINE} fill="#1a1a1a" />
    </>
  ),
  // Crossed out.
  retired: <path d="M5 5l22 22M27 5L5 27" {...LINE} />,
};
