/**
 * The toolbar: activity button · back up now · restore │ search, days, pinned │ back, stop. Names
 * and secondary actions are in palettes.
 */
import { type Entry, hasKeyboard, type Image } from '../gtk.ts';
import type { ButtonModel } from '../model/screens/body.ts';
import type { ToolbarModel } from '../model/screens/frame/toolbar.ts';
import { imageOf } from '../sugar/icon.ts';
import { createIconEntry } from '../sugar/iconentry.ts';
import { Palette, type PaletteItem } from '../sugar/palette.ts';
import { ToolbarBox } from '../sugar/toolbarbox.ts';
import { ToolButton } from '../sugar/toolbutton.ts';
import { iconPixbuf, type Ui } from './ui.ts';

/** A search starts after this many milliseconds without typing. */
const TYPING_MS = 350;

interface Tool {
  button: ToolButton;
  palette: Palette;
  model: ButtonModel | undefined;
}

type Part = 'home' | 'backUp' | 'restore' | 'days' | 'pins';

export class BackupToolbar {
  readonly box: ToolbarBox;
  readonly #ui: Ui;
  readonly #tools = new Map<Part, Tool>();
  readonly #search: Entry;
  readonly #back: ToolButton;
  #backModel: ButtonModel | null = null;
  #typing: NodeJS.Timeout | undefined;
  /** What the model has of the field's text; null while it holds what the model never gets. */
  #searched: string | null = '';

  constructor(ui: Ui, first: ToolbarModel, onStop: () => void) {
    this.#ui = ui;
    this.box = new ToolbarBox(ui.look);
    this.#add('home', first.home, imageOf(ui.look.icons.own(ui.look.sizes.icon, ui.look.color)));
    this.box.addSeparator();
    this.#add('backUp', first.backUp);
    this.#add('restore', first.restore);
    this.box.addSeparator();
    this.#search = this.#searchEntry(first.search.hint);
    this.#add('days', first.days);
    this.#add('pins', first.pins);
    this.box.addSeparator(true);
    this.#back = new ToolButton(ui.look, {
      ...{ icon: null, label: first.back.label, palette: new Palette(ui.look, first.back.label) },
      onClick: () => this.#backModel && ui.dispatch(this.#backModel.event),
    });
    const arrow = iconPixbuf(ui.look, { theme: 'go-previous' }, ui.look.sizes.icon, true);
    this.#back.setPicture(imageOf(arrow));
    this.box.add(this.#back);
    const palette = new Palette(ui.look, first.stop);
    palette.setTitle(first.stop, '', 'Ctrl+Q');
    const stop = new ToolButton(ui.look, {
      ...{ icon: 'activity-stop', label: first.stop, palette },
      onClick: onStop,
    });
    this.box.add(stop);
  }

  show(model: ToolbarModel, teacher: readonly [string, string][]): void {
    for (const part of ['home', 'backUp', 'restore', 'days', 'pins'] as const) {
      const tool = this.#tools.get(part);
      if (!tool) continue;
      tool.model = model[part];
      tool.button.setSensitive(model[part].sensitive ?? true);
    }
    for (const [part, more] of [
      ['backUp', model.backUpMore],
      ['days', model.daysMore],
    ] as const) {
      this.#tools.get(part)?.palette.setItems(more.map((item) => this.#item(item)));
    }
    const home = this.#tools.get('home')?.palette;
    home?.setTitle(model.home.label, model.teacher);
    home?.setLines(teacher);
    this.#backModel = model.back;
    this.#back.setSensitive(model.back.sensitive ?? true);
    if (model.search.text !== this.#searched) {
      this.#searched = model.search.text;
      if (this.#search.getText() !== model.search.text) this.#search.setText(model.search.text);
    }
  }

  /** Gives up a search that has not begun: the field shows again what the model says. */
  forgetTyping(): void {
    clearTimeout(this.#typing);
    this.#searched = null;
  }

  /** Called when Enter ends the search. */
  onSearched: () => void = () => {};

  isSearching(): boolean {
    return hasKeyboard(this.#search);
  }

  /** Escape in the search: empties it, or returns false where nothing was typed. */
  clearSearch(): boolean {
    if (!this.isSearching() || this.#search.getText() === '') return false;
    this.#search.setText('');
    return true;
  }

  focusSearch(): void {
    this.#search.grabFocus();
  }

  #add(part: Part, model: ButtonModel, picture?: Image): void {
    const { look } = this.#ui;
    const palette = new Palette(look, model.label);
    const tool: Tool = { palette, model, button: undefined as unknown as ToolButton };
    const onClick = () => tool.model && this.#ui.dispatch(tool.model.event);
    tool.button = new ToolButton(look, { icon: null, label: model.label, onClick, palette });
    tool.button.setPicture(picture ?? imageOf(iconPixbuf(look, model.icon, look.sizes.icon, true)));
    this.#tools.set(part, tool);
    this.box.add(tool.button);
  }

  #item(model: ButtonModel): PaletteItem {
    const icon = iconPixbuf(this.#ui.look, model.icon, this.#ui.look.sizes.smallIcon, true);
    const { label, sensitive = true } = model;
    return { icon, label, sensitive, onClick: () => this.#ui.dispatch(model.event) };
  }

  #searchEntry(hint: string): Entry {
    const entry = createIconEntry(this.#ui.look, 'entry-search', hint);
    const search = () => {
      clearTimeout(this.#typing);
      this.#searched = entry.getText().trim();
      this.#ui.dispatch({ type: 'search', text: this.#searched });
    };
    entry.on('changed', () => {
      clearTimeout(this.#typing);
      if (entry.getText().trim() === this.#searched) return;
      this.#typing = setTimeout(search, TYPING_MS);
    });
    entry.on('activate', () => {
      search();
      this.onSearched();
    });
    this.box.addWidget(entry);
    return entry;
  }
}
