/** Pictures of why the backup waits, 200 by 160, for children who do not read. */
import type { XoColor } from '../../sugar/xocolor.ts';
import { circle, INK, PALE, PAPER, type Picture, path, placed, rect, svg, xo } from './drawing.ts';

export type WhyPicture =
  | 'battery'
  | 'no-network'
  | 'no-server'
  | 'teacher'
  | 'server-busy'
  | 'server-full'
  | 'laptop-full'
  | 'other-run'
  | 'paused'
  | 'clock'
  | 'lock'
  | 'asleep'
  | 'puzzle';

const GREY: XoColor = { stroke: '#757575', fill: '#C0C0C0' };
const SIZE = { width: 200, height: 160 };

export function whyPicture(what: WhyPicture, color: XoColor, name: string): Picture {
  return { ...SIZE, svg: svg(SIZE.width, SIZE.height, ...DRAWINGS[what](color)), name };
}

/**
 * The queue as a row of XOs before the school, the child's own in colors; it is mirrored for
 * right-to-left languages.
 */
export function queuePicture(
  place: number,
  color: XoColor,
  name: string,
  rightToLeft = false,
): Picture {
  const shown = Math.min(Math.max(1, place), 8);
  const step = 58;
  const first = 92;
  const parts = [placed(0, 26, 0.9, house())];
  for (let n = 1; n <= shown; n += 1) {
    const isOwn = n === shown;
    const x = first + (n - 1) * step;
    parts.push(placed(x, isOwn ? 30 : 44, isOwn ? 0.7 : 0.5, xo(isOwn ? color : GREY, 1, `q${n}`)));
    if (isOwn && place > shown) parts.push(dots(x - 22, 118));
  }
  const width = first + shown * step + 24;
  const all = rightToLeft
    ? [`<g transform="matrix(-1 0 0 1 ${width} 0)">${parts.join('')}</g>`]
    : parts;
  return { svg: svg(width, 140, ...all), width, height: 140, name };
}

function house(dash?: string): string {
  const stroke = dash ? { width: 6, dash } : { width: 6 };
  return path('M2 42 40 12 78 42M12 36V100H68V36', stroke);
}

function waves(x: number, y: number, color: string): string[] {
  const arcs = [32, 60, 88].map((r) =>
    path(`M${x - r * 0.75} ${y - r * 0.75}A${r} ${r} 0 0 1 ${x + r * 0.75} ${y - r * 0.75}`, {
      width: 11,
      color,
    }),
  );
  return [circle(x, y - 8, 8, { width: 0, fill: color }), ...arcs];
}

function dots(x: number, y: number): string {
  return [0, 8, 16].map((dx) => circle(x + dx - 4, y, 2.5, { width: 0, fill: INK })).join('');
}

/** The drawing of each picture. */
const DRAWINGS: Readonly<Record<WhyPicture, (color: XoColor) => string[]>> = {
  battery: () => [
    rect(20, 50, 120, 64, { width: 8 }, 8),
    rect(144, 70, 12, 24, { width: 0, fill: INK }, 3),
    rect(30, 60, 18, 44, { width: 0, fill: INK }, 2),
    path('M176 30V62M166 46H158V62C158 74 194 74 194 62V46H186', { width: 7 }),
    path('M176 74V124C176 140 120 140 88 140', { width: 6 }),
  ],
  'no-network': () => [...waves(100, 132, PALE), path('M44 140 156 24', { width: 12 })],
  'no-server': () => [
    placed(56, 28, 1.1, house('8 10')),
    path('M84 74C84 58 116 58 116 76 116 90 100 90 100 104', { width: 9 }),
    circle(100, 122, 6, { width: 0, fill: INK }),
  ],
  teacher: () => [
    rect(74, 16, 112, 76, { width: 7 }, 4),
    path('M92 40H150M92 62H166', { width: 6, color: PALE }),
    circle(38, 62, 17, { width: 7 }),
    path('M10 140C10 104 66 104 66 140M62 106 98 74', { width: 9 }),
  ],
  'server-busy': () => [
    placed(62, 30, 1, house()),
    ...[8, 44, 124, 160].map((x) => placed(x, 96, 0.36, xo(GREY))),
  ],
  'server-full': () => [
    placed(50, 8, 1.35, house()),
    ...[0, 1, 2].map((n) => rect(74, 112 - n * 22, 52, 16, { width: 3, fill: INK }, 2)),
  ],
  'laptop-full': () => [
    rect(36, 26, 128, 84, { width: 8 }, 8),
    rect(50, 40, 100, 56, { width: 0, fill: INK }, 2),
    path('M20 132H180', { width: 14 }),
    path('M100 86V54M84 68 100 52 116 68', { width: 8, color: PAPER }),
  ],
  'other-run': () => [
    rect(26, 36, 92, 62, { width: 7 }, 6),
    rect(84, 66, 92, 62, { width: 7, fill: PAPER }, 6),
    path('M110 88 128 110 152 84', { width: 8 }),
  ],
  paused: () => [circle(100, 80, 62, { width: 8 }), path('M82 52V108M118 52V108', { width: 18 })],
  clock: () => [circle(100, 80, 62, { width: 8 }), path('M100 40V82L128 98', { width: 9 })],
  lock: () => [
    path('M66 76V56C66 10 134 10 134 56V76', { width: 11 }),
    rect(44, 74, 112, 74, { width: 8, fill: INK }, 8),
    path('M100 94V118', { width: 10, color: PAPER }),
    circle(100, 132, 5, { width: 0, fill: PAPER }),
  ],
  asleep: (color) => [
    placed(56, 34, 0.9, xo(color, 0)),
    path('M128 40H152L128 66H152M162 14H178L162 32H178', { width: 7 }),
  ],
  puzzle: () => [
    path('M100 14 186 144H14Z', { width: 10, fill: PAPER }),
    path('M100 58V100', { width: 12 }),
    circle(100, 124, 7, { width: 0, fill: INK }),
  ],
};
