/**
 * What the class is shown of a thing whose child meant harm: no picture that fills the memory of whoever looks at it,
 * on the class page and on every other page.
 */
import { buffer } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Entry } from '../../../shared/journal/entry.ts';
import { factsOf, previewOf } from '../../../xs/api/entry-facts.ts';
import { SchoolOffers } from '../../../xs/class-page/offers.ts';
import { makeBundle } from '../../../xs/pages/journal/entry-bundle.ts';
import { pictureOf, readThing } from '../../../xs/published/class-thing.ts';
import { pngWith } from '../../shared/pictures.ts';
import { BOAT, FISH, openClass } from '../class-page/school.ts';
import { SERIAL } from '../library.ts';

const test = suite('things that mean harm');

const BOMB = pngWith('', [30_000, 30_000]);

test('a picture of 900 million pixels is shown to nobody, and is no part of the thing', async () => {
  const properties = { preview: BOMB };
  await using school = await openClass({
    [FISH]: { title: 'The fish', content: 'f', properties },
    [BOAT]: { title: 'The boat', content: 'b', properties: { preview: pngWith('') } },
  });
  const { paths } = school.library;
  for (const uid of [FISH, BOAT]) await school.offer(SERIAL, uid);
  const seen = new SchoolOffers(school.library).list('offered').map((offer) => {
    const has = readThing(paths, offer)?.hasPicture;
    return [offer.uid, has, pictureOf(paths, offer) !== undefined];
  });
  assert.equal(Object.fromEntries(seen.map(([uid, ...rest]) => [uid, rest])), {
    [FISH]: [false, false],
    [BOAT]: [true, true],
  });
});

test('as large as a screen it is drawn, larger not; what no browser draws takes no memory', () => {
  const entry = (preview: Buffer): Entry => {
    return { properties: new Map([['preview', preview]]), content: null };
  };
  const sizes: (readonly [number, number, boolean])[] = [
    ...([
      [300, 225, true],
      [1600, 1250, true],
      [0, 0, true],
    ] as const),
    ...([
      [1600, 1251, false],
      [2_000_001, 1, false],
      [1, 2 ** 32 - 1, false],
    ] as const),
    [2 ** 32 - 1, 2 ** 32 - 1, false],
  ];
  for (const [width, height, drawn] of sizes) {
    const found = entry(pngWith('', [width, height]));
    assert.is(previewOf(found) !== undefined, drawn, `${width} x ${height}`);
    assert.is(factsOf(found, 0).preview, drawn, `${width} x ${height}`);
  }
});

test('a bundle has it all the same: it is kept, and drawn by nobody here', async () => {
  const properties = new Map([['preview', BOMB]]);
  const { stream } = await makeBundle(FISH, { properties, content: null }, '/nowhere');
  assert.ok((await buffer(stream)).includes(BOMB));
});

test.run();
