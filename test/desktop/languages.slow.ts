// weight: 65
/**
 * The Backup activity in Spanish and in Arabic, on the screens that Sugar runs on: nothing is
 * in English, nothing sticks out of the screen, and what is read from the right begins there. The
 * pictures of it are kept for people to look at.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { po } from 'gettext-parser';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from '../../bundle/build.ts';
import { PO_FOLDER } from '../../bundle/messages.ts';
import { buildXo } from '../../bundle/xo.ts';
import type { Words } from '../../shared/words/words.ts';
import { waitFor } from '../runner/patience.ts';
import { SchoolDesktop } from './school-desktop.ts';
import { wordsIn } from './walk.ts';

const test = suite('the Backup activity in other languages');
const ENTRIES = 30;
const ACTIVITY_ID = 'a'.repeat(40);

const SCREENS = [
  { language: 'es', size: '1200x900', scaling: 100 },
  { language: 'es', size: '800x480', scaling: 72 },
  { language: 'ar', size: '1200x900', scaling: 100 },
  { language: 'ar', size: '1024x768', scaling: 72 },
  { language: 'ar', size: '800x480', scaling: 72 },
] as const;
type Where = (typeof SCREENS)[number];

/** Texts of the activity that are other ones in this language. */
function englishOnly(language: string): Set<string> {
  const source = po.parse(readFileSync(join(PO_FOLDER, `${language}.po`), 'utf8'));
  const texts = Object.values(source.translations[''] ?? {});
  return new Set(
    texts.filter(({ msgid, msgstr }) => msgstr[0] !== msgid).map(({ msgid }) => msgid),
  );
}

/** The activity by itself on a screen: the shell has no part in its languages. */
async function open(where: Where): Promise<SchoolDesktop> {
  const scene = await SchoolDesktop.start({ ...where, entries: ENTRIES, withoutShell: true });
  const { desktop } = scene;
  const xo = await buildXo(join(desktop.folder, 'xo'));
  await desktop.must('unzip', '-q', xo, '-d', join(desktop.home, 'Activities'));
  const folder = join(desktop.home, 'Activities/Backup.activity');
  const command = `cd ${folder} && exec activity/run -b org.sugarlabs.Backup -a ${ACTIVITY_ID}`;
  desktop.start('/bin/sh', ['-c', command]);
  return scene;
}

class Visit {
  readonly scene: SchoolDesktop;
  readonly words: Words;
  readonly #where: Where;
  readonly #english: Set<string>;
  readonly #screen: [number, number];

  constructor(scene: SchoolDesktop, where: Where) {
    this.scene = scene;
    this.#where = where;
    this.words = wordsIn(where.language);
    this.#english = englishOnly(where.language);
    const [width = 0, height = 0] = where.size.split('x').map(Number);
    this.#screen = [width, height];
  }

  /** What is on the screen now is looked at; `whole` when it is no list that goes on below. */
  async look(name: string, { whole = true } = {}): Promise<void> {
    const { language, size } = this.#where;
    await this.scene.desktop.screenshot(`${language}-${size}-${name}`);
    const [width, height] = this.#screen;
    for (const one of await this.scene.screen.all()) {
      if (one.role === 'frame') continue;
      assert.not(this.#english.has(one.name), `${name}: "${one.name}" is in English`);
      const sides = [one.x - one.width / 2, one.x + one.width / 2];
      assert.ok(
        (sides[0] ?? -1) >= -1 && (sides[1] ?? 0) <= width + 1,
        `${name}: ${one.role} "${one.name}" from ${sides} on a screen ${width} wide`,
      );
      const end = one.y + one.height / 2;
      if (whole) assert.ok(end <= height + 1, `${name}: "${one.name}" ends at ${end}`);
    }
  }

  async press(text: string): Promise<void> {
    await this.scene.screen.press(this.words._(text));
  }

  async find(text: string): Promise<void> {
    await this.scene.screen.find(this.words._(text));
  }

  /** A row has the keyboard: Enter opens it. */
  async onARow(): Promise<void> {
    await waitFor('the keyboard on a row', async () =>
      (await this.scene.screen.all()).some(({ role, focused }) => role === 'list item' && focused),
    );
  }

  /** The order of the toolbar is that of reading. */
  async toolbarFollows(rightToLeft: boolean): Promise<void> {
    const { screen } = this.scene;
    const at = async (text: string) => (await screen.find(this.words._(text))).x;
    const places = [await at('My Backup'), await at('Back up now'), await at('Days')];
    const sorted = [...places].sort((a, b) => (rightToLeft ? b - a : a - b));
    assert.equal(places, sorted);
  }
}

test.before(async () => {
  await build();
});

for (const where of SCREENS) {
  test(`${where.language} on ${where.size}: translated, whole, and in the order of reading`, async () => {
    await using scene = await open(where);
    const visit = new Visit(scene, where);
    const { desktop } = scene;
    await visit.find('All safe at school');
    await visit.toolbarFollows(where.language === 'ar');
    await visit.look('1-status');
    await visit.press('Days');
    await visit.find('What the school keeps');
    await visit.onARow();
    await desktop.key('Return');
    await visit.find('Pin');
    await visit.onARow();
    await visit.look('2-entries', { whole: false });
    await desktop.key('Return');
    await visit.find('Versions at school');
    await visit.look('3-entry');
    await visit.press('Pinned');
    await visit.find('Nothing pinned yet');
    await visit.look('4-pins');
    await visit.press('Bring back');
    await visit.find('Whose Journal?');
    await visit.look('5-whose');
    await desktop.key('Return');
    await visit.find('From which day?');
    await visit.look('6-when');
    await desktop.key('Return');
    await visit.find('All of it is here already');
    await visit.look('7-go');
  });
}

test.run();
