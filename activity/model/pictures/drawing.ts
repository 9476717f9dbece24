/**
 * SVG building blocks of all pictures. Pictures are dark grey; color is reserved for what belongs
 * to a person, and never carries meaning alone.
 */
import type { XoColor } from '../../sugar/xocolor.ts';

export interface Picture {
  svg: string;
  width: number;
  height: number;
  /** For screen readers. */
  name: string;
}

export const INK = '#282828';
export const PALE = '#C0C0C0';
export const PAPER = '#FFFFFF';

/** An SVG document of this size in user units. */
export function svg(width: number, height: number, ...parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join('')}</svg>`;
}

export interface Stroke {
  width?: number;
  color?: string;
  fill?: string;
  dash?: string;
}

/** A path with round caps and joins. */
export function path(d: string, stroke: Stroke = {}): string {
  const { width = 6, color = INK, fill = 'none', dash } = stroke;
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  return `<path d="${d}" fill="${fill}" stroke="${color}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"${dashes}/>`;
}

export function circle(x: number, y: number, r: number, stroke: Stroke = {}): string {
  const { width = 6, color = INK, fill = 'none' } = stroke;
  return `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}" stroke="${color}" stroke-width="${width}"/>`;
}

export function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  { width: line = 6, color = INK, fill = 'none' }: Stroke = {},
  round = 4,
): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}" fill="${fill}" stroke="${color}" stroke-width="${line}"/>`;
}

/** The parts, translated and scaled. */
export function placed(x: number, y: number, scale: number, ...parts: string[]): string {
  return `<g transform="translate(${x} ${y}) scale(${scale})">${parts.join('')}</g>`;
}

/**
 * The XO child, 100 wide and 130 high. `level` (0 to 1) is how far it is filled from below; a line
 * marks the level in greyscale too.
 */
export function xo({ stroke, fill }: XoColor, level = 1, id = 'xo'): string {
  const limbs = 'M18 54 82 118M82 54 18 118';
  const outer = `${path(limbs, { width: 34, color: stroke })}${circle(50, 22, 16, { width: 10, color: stroke, fill: stroke })}`;
  const inner = (color: string) =>
    `${path(limbs, { width: 17, color })}<circle cx="50" cy="22" r="12.5" fill="${color}"/>`;
  const top = Math.round((1 - Math.min(1, Math.max(0, level))) * 130);
  if (top <= 0) return outer + inner(fill);
  if (top >= 130) return outer + inner(PAPER);
  return `${outer}${inner(PAPER)}<clipPath id="${id}"><rect x="0" y="${top}" width="100" height="130"/></clipPath><g clip-path="url(#${id})">${inner(fill)}</g><clipPath id="${id}l"><rect x="0" y="${top - 1.5}" width="100" height="3"/></clipPath><g clip-path="url(#${id}l)">${inner(stroke)}</g>`;
}
