/** Three pictures, 200 by 160, of what the activity does: there, back again, and safe. */
import type { XoColor } from '../../sugar/xocolor.ts';
import { INK, type Picture, path, placed, svg, xo } from './drawing.ts';
import { badge } from './school.ts';

const SIZE = { width: 200, height: 160 };

/** `captions` stand below the three pictures; mirrored for right-to-left languages. */
export function welcomePictures(
  color: XoColor,
  captions: readonly [there: string, back: string, safe: string],
  rightToLeft: boolean,
): Picture[] {
  const child = placed(6, 58, 0.62, xo(color, 1, 'w'));
  const house = placed(118, 40, 1, path('M2 42 40 12 78 42M12 36V100H68V36', { width: 6 }));
  const drawings = [
    [child, house, arrow('M78 84H112M100 70 114 84 100 98')],
    [child, house, arrow('M114 84H80M92 70 78 84 92 98')],
    [
      placed(50, 8, 1.3, path('M2 42 40 12 78 42M12 36V100H68V36', { width: 6 })),
      placed(76, 56, 0.5, xo(color, 1, 'w')),
      placed(126, 84, 0.6, badge('safe')),
    ],
  ];
  return drawings.map((parts, index) => {
    // A tick is a tick in every language.
    const turned =
      rightToLeft && index < 2
        ? [`<g transform="matrix(-1 0 0 1 ${SIZE.width} 0)">${parts.join('')}</g>`]
        : parts;
    const caption = captions[index] ?? '';
    return { ...SIZE, svg: svg(SIZE.width, SIZE.height, ...turned), name: caption, caption };
  });
}

function arrow(d: string): string {
  return path(d, { width: 8, color: INK });
}
