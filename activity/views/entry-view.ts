/** One entry: icon, picture, facts and actions, with its versions below. */
import { type Box, Gtk, type Image, type Label } from '../gtk.ts';
import type { EntryBody } from '../model/screens/body.ts';
import { ListView } from './list-view.ts';
import { PageView } from './page-view.ts';
import {
  ButtonBar,
  horizontalBox,
  makeLabel,
  setBold,
  setPicture,
  type Ui,
  verticalBox,
} from './ui.ts';

export class EntryView {
  readonly widget: Box;
  readonly #ui: Ui;
  readonly #whole: Box;
  readonly #icon: Image = new Gtk.Image();
  readonly #preview: Image = new Gtk.Image();
  readonly #title: Label;
  readonly #facts: Label;
  readonly #description: Label;
  readonly #buttons: ButtonBar;
  readonly #versionsTitle: Label;
  readonly #versions: ListView;
  readonly #page: PageView;
  #shown = '';

  constructor(ui: Ui) {
    this.#ui = ui;
    const { spacing, zoom } = ui.look.sizes;
    this.widget = verticalBox();
    this.#whole = verticalBox();
    this.#page = new PageView(ui);
    this.#title = makeLabel({ class: 'ds-large' });
    this.#facts = makeLabel({ class: 'ds-quiet', lines: 4 });
    this.#description = makeLabel({ lines: 2 });
    const { mediumIcon } = ui.look.sizes;
    const pictures = mediumIcon + zoom(240) + 2 * ui.look.sizes.line;
    this.#buttons = new ButtonBar(ui, Gtk.Align.START, pictures + 8 * spacing);
    this.#buttons.widget.setMarginTop(spacing);
    this.#versionsTitle = makeLabel();
    this.#versionsTitle.setMarginStart(spacing * 2);
    this.#versions = new ListView(ui);
    this.#preview.getStyleContext().addClass('ds-frame');
    this.#preview.setSizeRequest(zoom(240), zoom(180));
    this.#icon.setValign(Gtk.Align.START);
    // Buttons in two rows do not stretch its frame.
    this.#preview.setValign(Gtk.Align.START);
    const words = verticalBox(ui.look.sizes.padding);
    words.setValign(Gtk.Align.CENTER);
    for (const part of [this.#title, this.#facts, this.#description, this.#buttons.widget]) {
      words.packStart(part, false, false, 0);
    }
    const head = horizontalBox(spacing * 2);
    head.setBorderWidth(spacing * 2);
    for (const part of [this.#icon, this.#preview]) head.packStart(part, false, false, 0);
    head.packStart(words, true, true, 0);
    this.#whole.packStart(head, false, false, 0);
    this.#whole.packStart(this.#versionsTitle, false, false, 0);
    this.#whole.packStart(this.#versions.widget, true, true, 0);
    this.widget.packStart(this.#whole, true, true, 0);
    this.widget.packStart(this.#page.widget, true, false, 0);
  }

  show(body: EntryBody, height: number): void {
    this.#whole.setVisible(body.empty === null);
    this.#page.widget.setVisible(body.empty !== null);
    if (body.empty) {
      this.#page.show(body.empty, height);
      return;
    }
    this.#title.setText(body.title);
    this.#facts.setText(body.facts.join(' · '));
    this.#description.setText(body.description);
    this.#description.setVisible(body.description !== '');
    this.#buttons.set(body.buttons);
    setBold(this.#versionsTitle, body.versionsTitle);
    this.#showPictures(body);
    const { versions } = body;
    const key = `versions ${body.preview?.uid}`;
    this.#versions.show({ key, count: versions.length, row: (index) => versions[index] ?? null });
  }

  focus(): boolean {
    return this.#whole.getVisible() ? this.#buttons.focusMain() : this.#page.focus();
  }

  #showPictures({ icon, preview }: EntryBody): void {
    const shown = JSON.stringify([icon, preview]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { sizes } = this.#ui.look;
    setPicture(this.#icon, this.#ui.entryIcons.get(icon, sizes.mediumIcon));
    this.#preview.clear();
    if (!preview) return;
    const put = () => {
      if (this.#shown !== shown) return;
      setPicture(
        this.#preview,
        this.#ui.previews.get(preview, sizes.zoom(232), sizes.zoom(172), put),
      );
    };
    put();
  }
}
