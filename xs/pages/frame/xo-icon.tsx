/**
 * The XO figure that stands for a laptop, in its colours. SVG with plain attributes: the policy of the
 * pages forbids inline styles.
 */
import type { VNode } from 'preact';
import { COLORS } from '../../../shared/journal/colors.ts';

const GREY = ['#666666', '#ffffff'] as const;

export interface XoIconProps {
  /** `#RRGGBB,#RRGGBB`, outline and filling; anything else is grey. */
  colors: string | null;
  /** In pixels. */
  size: number;
  /** For screen readers; without one it is decoration beside a name. */
  label?: string;
}

export function XoIcon({ colors, size, label }: XoIconProps): VNode {
  const [, stroke = GREY[0], fill = GREY[1]] = COLORS.exec(colors ?? '') ?? [];
  return (
    <>
      <svg
        xmlns="http://www.w3.org/2000/svg"
        class="xo"
        width={size}
        height={size}
        viewBox="-1 1 59 59"
        aria-hidden="true"
      >
        <g fill={fill} stroke={stroke} stroke-width="3.5">
          <path d="M33.2 35.1l10 10.1a5 5 0 1 1-4.8 4.8L28.4 40 18.3 50a5 5 0 1 1-4.8-4.8L23.6 35 13.5 25a5 5 0 1 1 4.8-4.8l10.1 10 10-10a5 5 0 1 1 4.8 4.8z" />
          <circle cx="28.4" cy="11.7" r="8.1" />
        </g>
      </svg>
      {label === undefined ? null : <span class="unseen">{label}</span>}
    </>
  );
}
