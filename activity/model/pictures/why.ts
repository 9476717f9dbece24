/** Pictures of why the backup waits, for children who do not read: 200 by 160, but for the wider queue. */
import type { XoColor } from '../../sugar/xocolor.ts';
import {
  circle,
  INK,
  PALE,
  PAPER,
  type Picture,
  path,
  placed,
  rect,
  svg,
  text,
  xo,
} from './drawing.ts';

export type WhyPicture =
  | 'battery'
  | 'no-network'
  | 'no-server'
  | 'teacher'
  | 'server-busy'
  | 'server-full'
  | 'server-trouble'
  | 'quota-full'
  | 'laptop-full'
  | 'held'
  | 'damaged'
  | 'no-agent'
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

/** The queue's picture, whatever the place: nothing on the page moves when it changes. */
const QUEUE = { width: 384, height: 160 };
/** As many XOs as fit; in a longer queue dots stand for those between. */
const QUEUE_SHOWN = 4;
const QUEUE_STEP = 58;

/**
 * The queue as XOs before the school, the child's own in colors and last, with its place below it.
 * `number` is the place in the language's digits. Mirrored for right-to-left languages.
 */
export function queuePicture(
  place: number,
  number: string,
  color: XoColor,
  name: string,
  rightToLeft = false,
): Picture {
  const { width, height } = QUEUE;
  const shown = Math.min(Math.max(1, place), QUEUE_SHOWN);
  const x = (n: number) => 88 + (n - 1) * QUEUE_STEP;
  const others = Array.from({ length: shown - 1 }, (_, n) =>
    placed(x(n + 1), 48, 0.48, xo(GREY, 1, `q${n}`)),
  );
  const isLonger = place > shown;
  const gap = isLonger ? [dots(x(shown) + 2, 80)] : [];
  const at = x(shown) + (isLonger ? 40 : 0);
  const own = placed(at, 22, 0.68, xo(color, 1, 'own'));
  const row = [placed(0, 18, 0.9, house()), ...others, ...gap, own];
  const turned = rightToLeft
    ? [`<g transform="matrix(-1 0 0 1 ${width} 0)">${row.join('')}</g>`]
    : row;
  const middle = at + 34;
  const digits = text(rightToLeft ? width - middle : middle, 152, 34, number);
  return { svg: svg(width, height, ...turned, place > 0 ? digits : ''), width, height, name };
}

function house(dash?: string): string {
  const stroke = dash ? { width: 6, dash } : { width: 6 };
  return path('M2 42 40 12 78 42M12 36V100H68V36', stroke);
}

/** A laptop with an empty screen. */
function laptop(): string[] {
  return [rect(36, 26, 128, 88, { width: 8, fill: PAPER }, 8), path('M20 134H180', { width: 14 })];
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
  return [0, 13, 26].map((dx) => circle(x + dx, y, 4, { width: 0, fill: INK })).join('');
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
  'no-network': () => [...waves(100, 132, GREY.stroke), path('M44 140 156 24', { width: 12 })],
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
  // With a crack from the roof to the ground.
  'server-trouble': () => [
    placed(50, 8, 1.35, house()),
    path('M104 26 92 62 112 88 96 116 106 142', { width: 8 }),
  ],
  'quota-full': (color) => [
    placed(8, 6, 1.1, house()),
    ...[0, 1, 2].map((n) => rect(30, 92 - n * 20, 38, 14, { width: 3, fill: INK }, 2)),
    placed(112, 34, 0.86, xo(color)),
  ],
  // Full to the brim: one more sheet does not go in.
  'laptop-full': () => [
    ...laptop(),
    ...[0, 1, 2].map((n) => rect(56, 88 - n * 21, 88, 15, { width: 0, fill: INK }, 2)),
    path('M72 8H128V18M72 8V18', { width: 6, dash: '3 11' }),
  ],
  held: () => [
    ...[0, 1, 2, 3].map((n) => path(`M22 ${34 + n * 28}H76`, { width: 12 })),
    path('M124 118H178', { width: 12 }),
    ...[0, 1, 2].map((n) => path(`M124 ${34 + n * 28}H178`, { width: 5, dash: '2 11' })),
    path('M100 20V140', { width: 6 }),
  ],
  damaged: () => [
    path('M52 12H118L148 42V148H52Z', { width: 9, fill: PAPER }),
    path('M118 12V42H148', { width: 7 }),
    path('M52 96 76 82 96 106 120 84 148 102', { width: 9 }),
  ],
  'no-agent': () => [
    ...laptop(),
    path('M100 96V46M80 66 100 46 120 66', { width: 9, color: GREY.stroke }),
    path('M64 104 138 34', { width: 11 }),
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
