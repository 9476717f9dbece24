/**
 * The picture of the first screen: an XO in the child's colors inside a school, filled from below
 * by the safe share of the Journal, with a shape for the state.
 */
import type { XoColor } from '../../sugar/xocolor.ts';
import { circle, INK, PAPER, type Picture, path, placed, rect, svg, xo } from './drawing.ts';

/** The state as a shape, not as a color. */
export type Shape = 'safe' | 'working' | 'bringing' | 'waiting' | 'help' | 'none';

export interface SchoolOptions {
  color: XoColor;
  /** 0 to 1. */
  level: number;
  shape: Shape;
  name: string;
  /** No teacher has said yet that it is this school: its flag is not filled. */
  unconfirmed?: boolean;
}

export function schoolPicture(options: SchoolOptions): Picture {
  const { color, level, shape, name, unconfirmed = false } = options;
  const house = [
    path('M200 18V62', { width: 8 }),
    path('M200 20 240 32 200 46', { width: 6, fill: unconfirmed ? PAPER : INK }),
    path('M30 176 200 62 370 176', { width: 16 }),
    path('M62 156V352H338V156', { width: 14, fill: PAPER }),
    path('M30 176 200 62 370 176', { width: 16 }),
    path('M20 352H380', { width: 14 }),
  ];
  const child = placed(106, 112, 1.76, xo(color, level, 'school'));
  return {
    svg: svg(400, 372, ...house, child, placed(288, 250, 1, badge(shape))),
    width: 400,
    height: 372,
    name,
  };
}

/** The shape, 100 by 100, outlined in white to stand out against the house. */
export function badge(shape: Shape): string {
  switch (shape) {
    case 'safe':
      return `${circle(52, 58, 46, { width: 10, color: PAPER, fill: INK })}${path('M31 59 47 76 74 42', { width: 11, color: PAPER })}`;
    case 'working':
      return arrow('M52 8 100 62H74V104H30V62H4Z');
    case 'bringing':
      return arrow('M52 104 100 50H74V8H30V50H4Z');
    case 'waiting':
      return hourglass();
    case 'help':
      return `${path('M52 10 100 98H4Z', { width: 16, color: PAPER, fill: INK })}${path('M52 12 98 96H6Z', { width: 6, fill: INK })}${path('M52 42V66', { width: 10, color: PAPER })}${circle(52, 83, 6, { width: 0, fill: PAPER })}`;
    case 'none':
      return '';
    default:
      return shape satisfies never;
  }
}

function arrow(d: string): string {
  return `${path(d, { width: 18, color: PAPER, fill: PAPER })}${path(d, { width: 4, fill: INK })}`;
}

function hourglass(): string {
  return [
    rect(4, 0, 96, 112, { width: 0, fill: PAPER }, 10),
    path('M16 12H88M16 100H88', { width: 10 }),
    path('M24 14C24 44 80 68 80 98H24C24 68 80 44 80 14Z', { width: 7, fill: PAPER }),
    path('M36 92C40 80 48 76 52 70 56 76 64 80 68 92Z', { width: 3, fill: INK }),
    path('M40 36C46 44 50 50 52 56 54 50 58 44 64 36Z', { width: 3, fill: INK }),
  ].join('');
}
