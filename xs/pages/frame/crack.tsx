/** A cracked disc, for what is damaged: 32 by 32, readable without colours. A word stands beside it. */
import type { VNode } from 'preact';

const LINE = { fill: 'none', stroke: '#1a1a1a' } as const;

/** What is drawn, for an image of one's own. */
export const CRACKED: VNode = (
  <>
    <circle cx="16" cy="16" r="13" {...LINE} stroke-width="3" fill="#ffffff" />
    <path d="M17 3l-4 8 6 5-5 5 3 8" {...LINE} stroke-width="2.5" />
  </>
);

export function Crack(): VNode {
  return (
    <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      {CRACKED}
    </svg>
  );
}
