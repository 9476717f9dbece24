/**
 * The running activity: every event goes through the model, whose effects go to the agent and
 * whose screens go to the window. The first picture does not wait for the agent.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Words } from '../shared/words/words.ts';
import type { Asker } from './asker.ts';
import type { AgentClient } from './client.ts';
import type { ActivityConfig } from './config.ts';
import { addStyle, GLib, Gtk } from './gtk.ts';
import { next } from './model/acts/next.ts';
import { secondsBetweenTicks } from './model/acts/pulse.ts';
import type { Viewer } from './model/screens/body.ts';
import { screenOf } from './model/screens/screen.ts';
import type { Event } from './model/state/event.ts';
import { questionsFor } from './model/state/questions.ts';
import { initialState, type State } from './model/state/state.ts';
import { Icons } from './sugar/icon.ts';
import type { Look } from './sugar/look.ts';
import { NamePalette } from './sugar/palette.ts';
import { readChild } from './sugar/profile.ts';
import { sizesFor } from './sugar/style.ts';
import { sugarCss } from './sugar/stylesheet.ts';
import { applyTheme, nameProgram } from './sugar/theme.ts';
import { BackupWindow } from './views/backup-window.ts';
import { EntryIcons } from './views/entry-icons.ts';
import { Previews } from './views/previews.ts';
import type { Ui } from './views/ui.ts';

/** How long closing may wait for the last calls to the agent, in milliseconds. */
const CLOSE_MS = 1500;

export interface Connected {
  client: AgentClient;
  asker: Asker;
}

export class Activity {
  readonly #viewer: Viewer;
  readonly #window: BackupWindow;
  #state: State;
  #connected: Connected | null = null;
  #drawing = false;
  /** Whether the activity is in front. */
  #watched = true;
  #pulse: { seconds?: number | undefined; timer?: NodeJS.Timeout | undefined } = {};
  #tryAgain: () => void = () => {};
  readonly #exit: () => void;

  constructor(config: ActivityConfig, words: Words, exit: () => void) {
    this.#exit = exit;
    const name = words._('Backup');
    nameProgram(name);
    Gtk.init([]);
    applyTheme(config.scaling, words.rightToLeft);
    const child = readChild();
    const { color } = child;
    const sizes = sizesFor(config.scaling);
    const icons = new Icons(config.bundlePath);
    const look: Look = { sizes, icons, color, rightToLeft: words.rightToLeft };
    addStyle(sugarCss(sizes));
    this.#viewer = { words, color };
    this.#state = initialState(child.nick, now(), isFirstVisit(config.dataFolder));
    const ui: Ui = {
      look,
      previews: new Previews((ref) => this.#preview(ref.of, ref.snapshot, ref.uid)),
      entryIcons: new EntryIcons(icons, config.activityFolders),
      names: new NamePalette(look),
      dispatch: (event) => this.dispatch(event),
    };
    const { bundleId, activityId } = config;
    const onClose = () => this.close();
    const first = screenOf(this.#state, this.#viewer);
    this.#window = new BackupWindow(ui, first, { bundleId, activityId, title: name, onClose });
  }

  /** Calls back once the first picture has been drawn. */
  onFirstPaint(then: () => void): void {
    const { window } = this.#window.window;
    window.once('draw', () => {
      GLib.idleAdd(GLib.PRIORITY_LOW, () => {
        then();
        return false;
      });
      return false;
    });
  }

  /** Connects the agent; until then effects go nowhere and no questions are asked. */
  connect(connected: Connected): void {
    this.#connected = connected;
    this.#tryAgain = () => {};
    this.#keepPulse();
    this.#ask();
  }

  /**
   * Says that there is no session bus. Resolves when it should be looked for again: after this time in
   * milliseconds, or as soon as somebody asks for it.
   */
  async cutOff(ms: number): Promise<void> {
    this.#connected?.client.close();
    this.#connected = null;
    this.dispatch({
      type: 'agent',
      agent: { ...this.#state.agent, presence: 'cut-off', jobs: [] },
    });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#tryAgain = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  dispatch(event: Event): void {
    void this.#step(event);
  }

  /** Resolves when what it leads to was carried out. */
  async #step(event: Event): Promise<void> {
    const before = { ...this.#state, now: now() };
    const { state, effects } = next(before, event);
    const changed = state !== before;
    this.#state = state;
    if (asksForAScreen(event, before, state)) this.#window.forgetTyping();
    this.#keepPulse();
    const acts = effects.map((effect) => this.#connected?.asker.act(effect));
    if (effects.some(({ type }) => type === 'retry')) this.#tryAgain();
    if (event.type === 'seen') this.#ask();
    if (changed) this.#draw();
    await Promise.all(acts);
  }

  /** Tells the activity that it came to the front or left it. */
  setActive(active: boolean): void {
    this.#watched = active;
    this.dispatch({ type: 'tick', now: now() });
    if (active && this.#state.agent.presence === 'asleep') void this.#connected?.client.look();
  }

  /** Carries out what still waits for an undo, which nobody can press any more; takes `CLOSE_MS` at most. */
  async settle(): Promise<void> {
    // It answers no to a question, and closes news.
    const done = this.#step({ type: 'answer-alert', yes: false });
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
  }

  /** Ends the activity. */
  close(): void {
    this.#window.window.window.hide();
    void this.settle().then(() => {
      this.#connected?.client.close();
      this.#exit();
    });
  }

  #keepPulse(): void {
    const seconds = this.#connected ? secondsBetweenTicks(this.#state, this.#watched) : undefined;
    if (seconds === this.#pulse.seconds) return;
    clearInterval(this.#pulse.timer);
    const tick = () => this.dispatch({ type: 'tick', now: now() });
    this.#pulse = { seconds, timer: seconds ? setInterval(tick, seconds * 1000) : undefined };
  }

  /** Draws once for several events in a row. */
  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    setTimeout(() => {
      this.#drawing = false;
      this.#window.show(screenOf(this.#state, this.#viewer));
      this.#ask();
    }, 0);
  }

  #ask(): void {
    this.#connected?.asker.ask(questionsFor(this.#state));
  }

  async #preview(of: string, snapshot: string, uid: string): Promise<Uint8Array> {
    const [bytes] =
      (await this.#connected?.client.call('GetPreview', 'sss', of, snapshot, uid)) ?? [];
    return bytes instanceof Uint8Array ? bytes : new Uint8Array();
  }
}

/** Whether the child asks by it for another screen, or for the present one again. */
function asksForAScreen({ type }: Event, before: State, after: State): boolean {
  return type === 'go' || type === 'back' || (type === 'act' && before.place !== after.place);
}

/** Whether nobody has been here before; from now on somebody has. */
function isFirstVisit(folder: string): boolean {
  const mark = join(folder, 'visited');
  if (existsSync(mark)) return false;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(mark, '');
    return true;
  } catch {
    return false; // on a full disk nobody is greeted each time
  }
}

function now(): number {
  return Date.now() / 1000;
}
