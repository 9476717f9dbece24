/** The picture of a restore: the child inside a ring that closes. */
import { type Picture, placed } from '../../pictures/drawing.ts';
import { badge } from '../../pictures/school.ts';
import { ringPicture, xoInRing } from '../../pictures/things.ts';
import type { Viewer } from '../body.ts';

export function ring(
  part: number,
  { color, words }: Viewer,
  shape: Parameters<typeof badge>[0],
): Picture {
  const inside = `${xoInRing(color, part)}${placed(208, 200, 0.85, badge(shape))}`;
  const name = words._('{n} % came back', { n: words.number(Math.floor(part * 100)) });
  return ringPicture(part, inside, name);
}
