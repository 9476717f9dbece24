/**
 * The other pictures: jar of pins, ring of progress, calendar sheet, person, and the signs on
 * buttons.
 */
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

/** The least that a jar with anything in it is filled, so that it does not look empty. */
const LEAST_FILL = 0.1;

/** A jar, filled by the used share (0 to 1) of the space for pins. */
export function jarPicture(level: number, name: string): Picture {
  const full = level > 0 ? Math.min(1, Math.max(LEAST_FILL, level)) : 0;
  const top = 150 - full * 112;
  return {
    svg: svg(
      120,
      160,
      `<clipPath id="jar"><path d="M22 30C8 44 8 52 8 66V136C8 148 16 154 26 154H94C104 154 112 148 112 136V66C112 52 112 44 98 30Z"/></clipPath>`,
      `<g clip-path="url(#jar)"><rect x="0" y="${top}" width="120" height="120" fill="${INK}"/></g>`,
      path(
        'M22 30C8 44 8 52 8 66V136C8 148 16 154 26 154H94C104 154 112 148 112 136V66C112 52 112 44 98 30Z',
        { width: 6 },
      ),
      rect(18, 8, 84, 20, { width: 6, fill: PAPER }, 5),
    ),
    width: 120,
    height: 160,
    name,
  };
}

/** A ring closed by `fraction` (0 to 1), around any drawing. */
export function ringPicture(fraction: number, inside: string, name: string): Picture {
  const part = Math.min(1, Math.max(0, fraction));
  const angle = part * 2 * Math.PI;
  const [x, y] = [150 + 132 * Math.sin(angle), 150 - 132 * Math.cos(angle)];
  const arc =
    part >= 0.9995
      ? circle(150, 150, 132, { width: 22 })
      : part <= 0.05
        ? ''
        : path(`M150 18A132 132 0 ${part > 0.5 ? 1 : 0} 1 ${x.toFixed(1)} ${y.toFixed(1)}`, {
            width: 22,
          });
  return {
    svg: svg(300, 300, circle(150, 150, 132, { width: 22, color: PALE }), arc, inside),
    width: 300,
    height: 300,
    name,
  };
}

/** The child, filled to `level`, placed for the middle of a ring. */
export function xoInRing(color: XoColor, level: number): string {
  return placed(86, 62, 1.28, xo(color, level, 'ring'));
}

/** A calendar sheet with the day of the month. */
export function dayPicture(day: string, name: string): Picture {
  return {
    svg: svg(
      55,
      55,
      rect(6, 9, 43, 40, { width: 3.5, fill: PAPER }, 4),
      rect(6, 9, 43, 11, { width: 3.5, fill: INK }, 4),
      path('M17 4V12M38 4V12', { width: 3.5 }),
      text(27.5, 43, 20, day),
    ),
    width: 55,
    height: 55,
    name,
  };
}

/** A child in these colors. */
export function personPicture(color: XoColor, name: string): Picture {
  return { svg: svg(140, 150, placed(18, 8, 1.02, xo(color))), width: 140, height: 150, name };
}

export type Sign =
  | 'send'
  | 'bring'
  | 'days'
  | 'pin'
  | 'pinned'
  | 'pause'
  | 'home'
  | 'laptop'
  | 'web'
  | 'keep'
  | 'fetch'
  | 'offer'
  | 'offered';

/** A sign of 55 by 55 in one color: white for the toolbar, dark for rows. */
export function signSvg(what: Sign, color: string): string {
  const line = { width: 3.5, color };
  const house = path('M5 25 27.5 7 50 25M10 21V49H45V21', line);
  // For arrows into it and out of it, which stand below.
  const school = path('M6 18 27.5 4 49 18M12 15V27H43V15', line);
  const arrow = { width: 5, color };
  switch (what) {
    case 'send':
      return svg(55, 55, school, path('M27.5 51V33M18.5 41 27.5 32 36.5 41', arrow));
    case 'bring':
      return svg(55, 55, school, path('M27.5 31V50M18.5 41 27.5 50 36.5 41', arrow));
    case 'days':
      return svg(
        55,
        55,
        rect(7, 11, 41, 36, line, 4),
        path('M7 22H48M17 6V14M38 6V14', line),
        ...[16, 27.5, 39].map((x) => circle(x, 30, 2.6, { width: 0, fill: color })),
        ...[16, 27.5].map((x) => circle(x, 39, 2.6, { width: 0, fill: color })),
      );
    case 'pin':
      return svg(55, 55, pinShape(color, 'none'));
    case 'pinned':
      return svg(55, 55, pinShape(color, color));
    case 'pause':
      return svg(55, 55, path('M20 14V41M35 14V41', { width: 8, color }));
    case 'home':
      return svg(55, 55, house);
    case 'laptop':
      return svg(55, 55, rect(10, 10, 35, 26, line, 3), path('M5 45H50', { width: 5, color }));
    case 'web':
      return svg(
        55,
        55,
        circle(27.5, 27.5, 20, line),
        path('M7.5 27.5H47.5M27.5 7.5C16 18 16 37 27.5 47.5 39 37 39 18 27.5 7.5', line),
      );
    case 'keep':
      return svg(55, 55, house, rect(19, 29, 17, 13, { width: 3.5, color, fill: color }, 2));
    case 'fetch':
      return svg(
        55,
        55,
        rect(9, 30, 37, 17, line, 3),
        path('M27.5 6V25M19 17 27.5 25 36 17', { width: 4.5, color }),
      );
    case 'offer':
      return svg(55, 55, ...board(line));
    case 'offered':
      return svg(55, 55, ...board(line), rect(17, 15, 21, 14, { width: 0, fill: color }));
    default:
      return what satisfies never;
  }
}

/** On which a class sees something. */
function board(line: { width: number; color: string }): string[] {
  return [rect(7, 7, 41, 30, line, 3), path('M19 37 12 50M36 37 43 50', line)];
}

function pinShape(color: string, fill: string): string {
  return path('M19 7H36L33.5 20 41 29H14L21.5 20ZM27.5 29V49', { width: 3.5, color, fill });
}
