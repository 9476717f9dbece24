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
  /** Words below the picture. */
  caption?: string;
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

/** Bold words or digits, centred at `x` on this base line. */
export function text(x: number, y: number, size: number, words: string): string {
  const safe = words.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${x}" y="${y}" font-family="Sans" font-size="${size}" font-weight="bold" text-anchor="middle" fill="${INK}">${safe}</text>`;
}

/** The parts, translated and scaled. */
export function placed(x: number, y: number, scale: number, ...parts: string[]): string {
  return `<g transform="translate(${x} ${y}) scale(${scale})">${parts.join('')}</g>`;
}

/** The inside of the figure that is filled: the limbs, and above the neck the head. */
const FEET = 126.5;
const SHOULDERS = 45.5;
const CHIN = 34.5;
const CROWN = 9.5;
/** Any share but all or nothing leaves this much white at the top and fills this much at the feet. */
const LEAST = 6;

/**
 * The height at which the figure is filled for a share between 0 and 1. It grows with the share all
 * the way: the neck, where nothing can be filled, is skipped.
 */
export function fillHeight(level: number): number {
  const whole = FEET - SHOULDERS + (CHIN - CROWN);
  const filled = LEAST + Math.min(1, Math.max(0, level)) * (whole - 2 * LEAST);
  const inLimbs = FEET - SHOULDERS;
  return filled <= inLimbs ? FEET - filled : CHIN - (filled - inLimbs);
}

/**
 * The XO child, 100 wide and 130 high, filled from below to `level` (0 to 1). A line, as on a
 * measuring cup, shows the level in greyscale too; the whole figure has none. The dark edge keeps
 * light colors visible on white.
 */
export function xo({ stroke, fill }: XoColor, level = 1, id = 'xo'): string {
  const limbs = 'M18 54 82 118M82 54 18 118';
  const figure = (wider: number, color: string) =>
    `${path(limbs, { width: 34 + wider, color })}${circle(50, 22, 16, { width: 10 + wider, color, fill: color })}`;
  const outer = figure(5, INK) + figure(0, stroke);
  const inner = (color: string) =>
    `${path(limbs, { width: 17, color })}<circle cx="50" cy="22" r="12.5" fill="${color}"/>`;
  if (level >= 1) return outer + inner(fill);
  if (level <= 0) return outer + inner(PALE);
  const top = Number(fillHeight(level).toFixed(1));
  const clip = `<clipPath id="${id}"><rect x="0" y="${top}" width="100" height="130"/></clipPath>`;
  const mark = path(`M-2 ${top}H102`, { width: 4 });
  return `${outer}${inner(PALE)}${clip}<g clip-path="url(#${id})">${inner(fill)}</g>${mark}`;
}
