/** Words and signs can be read in sunlight: contrast measured as in WCAG 2.1. */
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { INK, PALE, PAPER, xo } from '../../activity/model/pictures/drawing.ts';
import { schoolPicture } from '../../activity/model/pictures/school.ts';
import { whyPicture } from '../../activity/model/pictures/why.ts';
import { COLORS, sizesFor } from '../../activity/sugar/style.ts';
import { sugarCss } from '../../activity/sugar/stylesheet.ts';
import { testIf } from '../runner/skip.ts';
import { viewer } from './viewer.ts';

const test = suite('contrast');
/** For words, and for signs and pictures. */
const [WORDS, SIGNS] = [4.5, 3];

function luminance(color: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((c) =>
    c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [one, other].map(luminance).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const { white, black, toolbar, highlight, mainButton, quiet, noDay, panel } = COLORS;
const PAIRS: [what: string, color: string, ground: string, least: number][] = [
  ['notes', quiet, white, WORDS],
  ['notes of the current row', quiet, highlight, WORDS],
  ['days without a snapshot', noDay, white, WORDS],
  ['buttons', white, mainButton, WORDS],
  ['the chosen day', white, toolbar, WORDS],
  ['palettes', white, black, WORDS],
  ['keys in palettes', panel, black, WORDS],
  ['signs in the toolbar', white, toolbar, SIGNS],
  ['signs in rows', INK, highlight, SIGNS],
  ['lines of pictures', INK, PAPER, SIGNS],
  ['the line of the level', INK, PALE, SIGNS],
];

for (const [what, color, ground, least] of PAIRS) {
  test(`${what}: ${color} on ${ground}`, () => {
    assert.ok(contrast(color, ground) >= least, contrast(color, ground).toFixed(2));
  });
}

test('the style sheet has no colors but those', () => {
  const known = new Set<string>(Object.values(COLORS));
  for (const [color] of sugarCss(sizesFor(100)).matchAll(/#[0-9a-f]{6}/gi))
    assert.ok(known.has(color), color);
});

test('a child of the lightest colors has an edge that can be seen', () => {
  const child = xo({ stroke: '#FFFA00', fill: '#FFFFFF' }, 0.5);
  assert.match(child, new RegExp(`^<path [^>]*stroke="${INK}"[^>]*stroke-width="39"`), 'below it');
});

/** Where Debian installs Sugar's toolkit, with the colors that it gives to children. */
const SUGARS = '/usr/lib/python3/dist-packages/sugar3/graphics/xocolor.py';
const pairs = existsSync(SUGARS)
  ? [...readFileSync(SUGARS, 'utf8').matchAll(/'(#[0-9A-F]{6})', '(#[0-9A-F]{6})'/g)]
  : [];
const testSugars = testIf(pairs.length > 100, test, `the colors of XOs are read from ${SUGARS}`);

testSugars(
  "in all colors that Sugar gives, a child's figure, its level and its place can be seen",
  () => {
    const ours = [INK, PALE, PAPER];
    for (const [, stroke = '', fill = ''] of pairs) {
      const child = { stroke, fill };
      const pictures = [0, 0.1, 0.5, 0.99, 1].map((level) => [level, xo(child, level)] as const);
      for (const [level, drawn] of pictures) {
        const shapes = drawn.match(/<(path|circle) [^>]*>/g) ?? [];
        const widths = shapes.map((one) => Number(/stroke-width="(\d+)"/.exec(one)?.[1] ?? 0));
        // Whatever the colors, the widest lies below all and is told from the paper, limbs and head.
        const edge = shapes.filter((one) => one.includes(`stroke="${INK}"`));
        assert.is(widths.indexOf(Math.max(...widths)), 0, stroke);
        assert.ok(edge.includes(shapes[0] ?? '') && edge.includes(shapes[1] ?? ''), stroke);
        if (level === 0 || level === 1) continue;
        assert.is(shapes.at(-1), edge.at(-1), 'the line of the level lies above all');
      }
      const colors = schoolPicture({ color: child, level: 0.5, shape: 'help', name: '' }).svg;
      for (const [color] of colors.matchAll(/#[0-9a-f]{6}/gi))
        assert.ok([...ours, stroke, fill].includes(color), color);
      const icon = Math.max(contrast(stroke, toolbar), contrast(fill, toolbar));
      assert.ok(icon >= SIGNS, `${stroke}, ${fill} in the toolbar: ${icon.toFixed(2)}`);
    }
  },
);

test('what is crossed out in a picture can be seen too', () => {
  const grey = /stroke="(#[0-9A-F]{6})"/gi;
  for (const [, color = ''] of whyPicture('no-network', viewer.color, '').svg.matchAll(grey))
    assert.ok(contrast(color, PAPER) >= SIGNS, color);
});

test.run();
