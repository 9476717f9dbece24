// weight: 60
/**
 * Nothing of the activity is cut off on a small screen, in any language and with titles that no screen has
 * room for: each state of the first screen, every length of the queue, and all other screens. The agent is a
 * scripted one.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { waitFor } from '../runner/patience.ts';
import type { Heard } from './screen-reader.ts';
import { CALM, STATES, Stage } from './stage.ts';
import { walk, wordsIn } from './walk.ts';

const test = suite('the Backup activity on a small screen');
const [WIDTH, HEIGHT] = [800, 600];
const PLACES = [1, 2, 3, 4, 5, 7, 8, 9, 10, 20, 99, 100, 200];

function isWhole({ x, y, width, height, begin }: Heard, isList = false): boolean {
  const [left, right] = [x - width / 2, x + width / 2];
  const [top, bottom] = [y - height / 2, y + height / 2];
  if (begin !== null && (begin < 0 || begin > WIDTH)) return false;
  return left >= -1 && right <= WIDTH + 1 && (isList || (top >= -1 && bottom <= HEIGHT + 1));
}

for (const language of ['es', 'ar', 'fr', 'pt', 'ht']) {
  test(`${language}: each state of the first screen is whole, and every other screen`, async () => {
    await using stage = await start(language);
    await stage.lengthen();
    await assertWhole(stage, `${language}, welcome`);
    await stage.desktop.key('Return');
    await stage.screen.find(wordsIn(language)._('All safe at school'));
    for (const [name, properties] of Object.entries(STATES)) {
      await stage.set({ ...CALM, ...properties });
      // What the agent said last is on the screen a moment later; whatever is there has to fit.
      for (let looks = 0; looks < 2; looks += 1) await assertWhole(stage, `${language}, ${name}`);
    }
    await walk(stage, language, async (name, isList) => {
      await assertWhole(stage, `${language}, ${name}`, isList);
    });
  });
}

async function assertWhole(stage: Stage, what: string, isList = false): Promise<void> {
  const cut = (await stage.screen.all()).filter((one) => !isWhole(one, isList));
  assert.equal(cut, [], what);
}

test('a queue of any length is whole, tells its place, and moves nothing', async () => {
  await using stage = await start('en');
  await stage.desktop.key('Return');
  const places = new Set<string>();
  for (const place of PLACES) {
    await stage.set({ ...CALM, ...STATES.queue, QueuePlace: `<uint32 ${place}>` });
    const all = await waitFor(`place ${place}`, async () => {
      const heard = await stage.screen.all();
      return heard.some(({ name }) => name === `Your place: ${place}`) ? heard : undefined;
    });
    assert.equal(
      all.filter((one) => !isWhole(one)),
      [],
      `place ${place}`,
    );
    const button = all.find(({ name }) => name === 'Try now');
    places.add(`${button?.x} ${button?.y}`);
  }
  assert.is(places.size, 1, [...places].join(' | '));
});

async function start(language: string): Promise<Stage> {
  return await Stage.start({
    ...{ withoutShell: true, size: `${WIDTH}x${HEIGHT}`, scaling: 72, firstVisit: true },
    ...(language !== 'en' && { language }),
  });
}

test.run();
