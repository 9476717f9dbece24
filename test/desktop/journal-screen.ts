/**
 * Sugar's own Journal on the screen, and a volume in it: what stands where on 1200x900, and a child's
 * gestures there. What has a name is found by AT-SPI.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { scaled, waitFor } from '../runner/patience.ts';
import type { SchoolDesktop } from './school-desktop.ts';
import { ScreenReader } from './screen-reader.ts';

/** The name that AT-SPI has of the shell. */
const SHELL = 'main.py';
/** The second button at the bottom: the first volume. */
const VOLUME = { x: 113, y: 863 };
/** The first row of the list, and the distance to the next. */
const ROW = { y: 113, height: 77 };
/** The first button at the bottom: the Journal itself. */
const OWN_BUTTON = { x: 38, y: 863 };
/** Of a row: its box, its star, and the arrow to its details. */
const BOX_X = 36;
const STAR_X = 112;
const DETAILS_X = 1143;
/** A palette opens, a screen changes; in milliseconds. */
const ANIMATION_MS = 700;

/** Properties that a copy has of its own. */
const OWN = ['uid', 'timestamp', 'mtime', 'checksum'];

export class JournalScreen {
  readonly #scene: SchoolDesktop;
  readonly screen: ScreenReader;

  constructor(scene: SchoolDesktop) {
    this.#scene = scene;
    this.screen = new ScreenReader(scene.desktop, SHELL);
  }

  /** Brings the Journal to the front. */
  async show(): Promise<void> {
    const { desktop } = this.#scene;
    await waitFor('the Journal on the screen', async () => {
      // F4 leads to what is active, which is nothing as long as the shell has not seen the Journal's window.
      await desktop.key('F5');
      await sleep(scaled(ANIMATION_MS));
      const { stdout } = await desktop.run('xdotool', ['getactivewindow', 'getwindowname']);
      return stdout.trim() === 'Journal';
    });
    await this.screen.find('Journal');
  }

  /** The same where an activity is open, to which F4 leads. */
  async bringForward(): Promise<void> {
    await this.#scene.desktop.key('F5');
    await sleep(scaled(ANIMATION_MS));
  }

  /** Whether the bar of volumes is there, dark at the bottom: Sugar shows it with the first volume. */
  async hasVolume(): Promise<boolean> {
    const { desktop } = this.#scene;
    const file = join(desktop.home, 'bar.png');
    const crop = `20x10+600+${VOLUME.y + 20}`;
    await desktop.must('import', '-silent', '-window', 'root', '-crop', crop, file);
    return (await desktop.must('identify', '-format', '%[fx:mean<0.3]', file)) === '1';
  }

  async openVolume(): Promise<void> {
    await this.#scene.desktop.click(VOLUME.x, VOLUME.y);
  }

  /** The Journal's own entries again. */
  async openJournal(): Promise<void> {
    await this.#scene.desktop.click(OWN_BUTTON.x, OWN_BUTTON.y);
    await sleep(scaled(ANIMATION_MS));
  }

  /** Seeks a word in what is listed; an empty one ends that. */
  async search(word: string): Promise<void> {
    const { desktop } = this.#scene;
    await desktop.key('ctrl+f', 'ctrl+a', 'BackSpace');
    if (word !== '') await desktop.type(word);
  }

  /** The pointer on the button opens its palette, which looks how much is free. */
  async hoverVolume(): Promise<void> {
    await this.#scene.desktop.moveTo(VOLUME.x, VOLUME.y);
  }

  async removeVolume(): Promise<void> {
    await this.#scene.desktop.click(VOLUME.x, VOLUME.y, 3);
    await this.screen.click('Remove');
  }

  /** The titles in the list that are on the screen, from the top. */
  async titles(): Promise<string[]> {
    const cells = (await this.screen.all()).filter(({ role, y }) => role === 'table cell' && y > 0);
    const tops = [...new Set(cells.map(({ y }) => y))].sort((a, b) => a - b);
    return tops.map((y) => {
      const [first] = cells.filter((one) => one.y === y).sort((a, b) => a.x - b.x);
      return first?.name ?? '';
    });
  }

  async openDetails(row: number): Promise<void> {
    // A list that has just come does not hear the first click; in the details, "Back" would hear a second one.
    await waitFor('the details', async () => {
      const names = (await this.screen.all()).map(({ name }) => name);
      if (names.includes('Copy to')) return true;
      if (!names.includes('Back')) {
        await this.#scene.desktop.click(DETAILS_X, ROW.y + row * ROW.height);
      }
      await sleep(scaled(ANIMATION_MS));
      return false;
    });
  }

  /** From the details. */
  async openCopyTo(): Promise<void> {
    // The pointer alone opens it after a moment, and a click that comes later closes it.
    await waitFor('the items of "Copy to"', async () => {
      await this.screen.press('Copy to');
      await sleep(scaled(ANIMATION_MS));
      return (await this.screen.all()).some(({ role }) => role === 'menu item');
    });
  }

  /** From the details, as a child does: Copy to → Journal. */
  async copyToJournal(): Promise<void> {
    await this.openCopyTo();
    const journal = await this.screen.find('Journal', { role: 'menu item' });
    await this.#scene.desktop.click(journal.x, journal.y);
  }

  async back(): Promise<void> {
    await this.screen.click('Back');
    await this.screen.gone('Back');
  }

  async star(row: number): Promise<void> {
    await this.#scene.desktop.click(STAR_X, ROW.y + row * ROW.height);
    await sleep(scaled(ANIMATION_MS));
  }

  /**
   * What the star of a row is filled with when it has come to rest: the same for the same pixels. The row's
   * ground does not count: Sugar makes it grey when it is touched.
   */
  async starLook(row: number): Promise<string> {
    const { desktop } = this.#scene;
    await desktop.moveTo(VOLUME.x, ROW.y); // not on the star, which looks otherwise then
    await desktop.moveTo(600, ROW.y + (row + 3) * ROW.height);
    const file = join(desktop.home, 'star.png');
    const crop = `6x6+${STAR_X - 3}+${ROW.y + row * ROW.height - 3}`;
    let before = '';
    return await waitFor('a star at rest', async () => {
      await sleep(scaled(ANIMATION_MS));
      await desktop.must('import', '-silent', '-window', 'root', '-crop', crop, file);
      const look = await desktop.must('identify', '-format', '%#', file);
      const atRest = look === before;
      before = look;
      return atRest ? look : undefined;
    });
  }

  /** From the details, and yes to Sugar's question. */
  async erase(): Promise<void> {
    await this.screen.press('Erase');
    const sure = await waitFor('the question', async () => {
      const buttons = (await this.screen.all()).filter(({ name }) => name === 'Erase');
      const [lowest, ...others] = buttons.sort((a, b) => b.y - a.y);
      return others.length > 0 ? lowest : undefined;
    });
    await this.#scene.desktop.click(sure.x, sure.y);
    await sleep(scaled(ANIMATION_MS));
  }

  async tick(row: number): Promise<void> {
    await this.#scene.desktop.click(BOX_X, ROW.y + row * ROW.height);
    await sleep(scaled(ANIMATION_MS));
  }
}

/** Of an entry on the disk: its properties but those that a copy has of its own, and its content. */
export function readEntry(scene: SchoolDesktop, uid: string): Map<string, string> {
  const folder = join(scene.desktop.profile, 'datastore', uid.slice(0, 2), uid);
  const read = (path: string) => readFileSync(join(folder, path)).toString('base64');
  const names = readdirSync(join(folder, 'metadata')).filter((name) => !OWN.includes(name));
  const properties = names.map((name) => [name, read(join('metadata', name))] as const);
  const hasContent = readdirSync(folder).includes('data');
  return new Map([...properties, ...(hasContent ? [['content', read('data')] as const] : [])]);
}
