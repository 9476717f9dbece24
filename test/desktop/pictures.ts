/**
 * `npm run pictures`: every screen and state of the activity, at each size and in each language,
 * for people to look at, as contact sheets in `.screenshots/`, one of them also reduced for README. The
 * agent is a scripted one.
 *
 *     npm run pictures [-- en es ar] [1200x900 1024x768 800x600]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SCREENSHOTS } from './desktop.ts';
import { CALM, STATES, Stage } from './stage.ts';
import { walk } from './walk.ts';

const SIZES = { '1200x900': 100, '1024x768': 72, '800x600': 72 } as const;
type Size = keyof typeof SIZES;
const LANGUAGES = ['en', 'es', 'ar'];
/** Parts of the Journal that are safe, in per cent: each can be told from its neighbours. */
const LEVELS = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99, 100];
/** Of English at the size of an XO, reduced; README shows it. */
const SHOWN = 'sheet-en-1200x900';
const REDUCED = fileURLToPath(
  new URL('../../bundle/docs/pictures/activity-all.png', import.meta.url),
);
/** Between two looks at a screen that may still change … */
const SETTLE_MS = 1200;
/** … and so many of them: something may move for ever. */
const LOOKS = 12;

/** The screen once it is drawn, its pictures fetched and its spinner gone. */
async function take(stage: Stage, name: string): Promise<string> {
  let before: Buffer | undefined;
  for (let look = 0; ; look += 1) {
    await sleep(SETTLE_MS);
    const path = await stage.desktop.screenshot(name);
    const shown = readFileSync(path);
    if (look === LOOKS || before?.equals(shown)) return path;
    before = shown;
  }
}

async function visit(language: string, size: Size): Promise<void> {
  const options = { size, scaling: SIZES[size], ...(language !== 'en' && { language }) };
  await using stage = await Stage.start({ ...options, withoutShell: true, firstVisit: true });
  const pictures: string[] = [];
  const shoot = async (name: string) => {
    pictures.push(await take(stage, `pictures-${language}-${size}-${name}`));
  };
  await shoot('welcome');
  await stage.desktop.key('Return');
  for (const [name, properties] of Object.entries(STATES)) {
    await stage.set({ ...CALM, ...properties });
    await shoot(name);
  }
  if (language === 'en') {
    for (const level of LEVELS) {
      await stage.set({ ...CALM, SafeEntries: `<uint32 ${level * 3}>` });
      await shoot(`level-${level}`);
    }
  }
  await walk(stage, language, shoot);
  contactSheet(pictures, `sheet-${language}-${size}`);
}

/** All of them on one picture, small. */
function contactSheet(pictures: readonly string[], name: string): void {
  const tiles = ['-tile', '6x', '-geometry', '400x+6+6', '-label', '%t'];
  execFileSync('montage', [...tiles, ...pictures, join(SCREENSHOTS, `${name}.png`)]);
  process.stdout.write(`${join(SCREENSHOTS, `${name}.png`)}\n`);
  if (name !== SHOWN) return;
  const small = ['-resize', '1000x', '+dither', '-colors', '64', '-strip', `PNG8:${REDUCED}`];
  execFileSync('convert', [join(SCREENSHOTS, `${name}.png`), ...small]);
  process.stdout.write(`${REDUCED}\n`);
}

const asked = process.argv.slice(2);
const languages = asked.filter((one) => !/\d/.test(one));
const sizes = asked.filter((one): one is Size => one in SIZES);
for (const language of languages.length > 0 ? languages : LANGUAGES) {
  for (const size of sizes.length > 0 ? sizes : (Object.keys(SIZES) as Size[])) {
    await visit(language, size);
  }
}
