/** A way through every screen of the activity with the scripted agent, in any language. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PO_FOLDER } from '../../bundle/messages.ts';
import { ENGLISH, parseCatalogue } from '../../shared/words/catalogue.ts';
import { wordsOf } from '../../shared/words/language.ts';
import type { Words } from '../../shared/words/words.ts';
import { waitFor } from '../runner/patience.ts';
import type { Heard } from './screen-reader.ts';
import { CALM, type Stage } from './stage.ts';

/** The words of the activity in this language. */
export function wordsIn(language: string): Words {
  if (language === 'en') return wordsOf(ENGLISH);
  const options = ['--endianness=little', '-o', '-', join(PO_FOLDER, `${language}.po`)];
  return wordsOf(parseCatalogue(execFileSync('msgfmt', options), language));
}

/** A look at a screen that is there; a list goes on below it. */
type Look = (name: string, isList?: boolean) => Promise<void>;

/** Through all screens, by the toolbar and the keyboard. */
export async function walk(stage: Stage, language: string, look: Look): Promise<void> {
  await stage.set(CALM);
  const step = new Steps(stage, wordsIn(language));
  await lists(stage, step, look);
  await restore(stage, step, look);
  await stage.set({ Unfinished: '<@a(ssuu) []>' });
  await stage.desktop.key('Escape');
  await step.to('Back up now');
  await step.find('Cancel');
  await look('backing-up');
  const home = await step.tool('My Backup');
  await stage.desktop.moveTo(home.x, home.y);
  await step.find('For the teacher');
  await look('teacher-palette');
}

async function lists({ desktop }: Stage, step: Steps, look: Look): Promise<void> {
  await step.to('Days');
  await step.find('What the school keeps');
  await step.onARow();
  await look('days', true);
  await desktop.key('Down', 'Return');
  await step.find('Pin');
  await step.onARow();
  await look('entries', true);
  await desktop.key('Down', 'Return');
  await step.find('Versions at school');
  await step.on('Bring back');
  await look('entry', true);
  await step.to('Pinned');
  await step.find('Unpin');
  await step.onARow();
  await look('pins', true);
  await desktop.key('ctrl+f');
  await desktop.type('zzzz');
  await desktop.key('Return');
  await step.find('Nothing found');
  await look('nothing-found');
}

async function restore(stage: Stage, step: Steps, look: Look): Promise<void> {
  const { desktop } = stage;
  await stage.speed(4000);
  await step.to('Bring back');
  await step.find('Whose Journal?');
  await look('whose');
  await desktop.key('Return');
  await step.find('From which day?');
  await step.on('This day');
  await look('when');
  await desktop.key('Return');
  await step.on('Bring back');
  await look('go');
  await desktop.key('Return');
  await step.find('Cancel');
  await look('restoring');
  await desktop.key('Escape');
  await step.find('Stop bringing back?');
  await step.on('Go on');
  await look('question');
  await desktop.key('Tab', 'Return');
  await step.on('Go on');
  await look('half-way');
}

/** By the names of what is on the screen, as the language has them. */
class Steps {
  readonly #stage: Stage;
  readonly #words: Words;

  constructor(stage: Stage, words: Words) {
    this.#stage = stage;
    this.#words = words;
  }

  async find(text: string): Promise<Heard> {
    return await this.#stage.screen.find(this.#words._(text));
  }

  /** Something in the toolbar, which other things on the page may be called like. */
  async tool(text: string): Promise<Heard> {
    return await this.#there(text, ({ role, y }) => role === 'push button' && y < TOOLBAR);
  }

  /** Presses something in the toolbar, and takes the pointer away again. */
  async to(text: string): Promise<void> {
    const { x, y } = await this.tool(text);
    await this.#stage.desktop.click(x, y);
    await this.#stage.desktop.moveTo(5, 500);
  }

  async on(text: string): Promise<void> {
    await this.#there(text, ({ focused }) => focused);
  }

  async onARow(): Promise<void> {
    await waitFor('the keyboard on a row', async () =>
      (await this.#stage.screen.all()).some(({ role, focused }) => role === 'list item' && focused),
    );
  }

  async #there(text: string, fits: (one: Heard) => boolean): Promise<Heard> {
    const name = this.#words._(text);
    return await waitFor(`${name} on the screen`, async () => {
      return (await this.#stage.screen.all()).find((one) => one.name === name && fits(one));
    });
  }
}

/** Below this line is the page, in pixels. */
const TOOLBAR = 80;
