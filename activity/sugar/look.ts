/** What every widget is drawn with. */
import type { Icons } from './icon.ts';
import type { Sizes } from './style.ts';
import type { XoColor } from './xocolor.ts';

export interface Look {
  sizes: Sizes;
  icons: Icons;
  color: XoColor;
  rightToLeft: boolean;
}
