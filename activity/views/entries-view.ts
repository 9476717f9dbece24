/** A list with its heading: days, entries or pins; or the page shown instead. */
import { type Box, Gtk, type Label } from '../gtk.ts';
import type { ListBody } from '../model/screens/body.ts';
import { ListView } from './list-view.ts';
import { PageView } from './page-view.ts';
import {
  ButtonBar,
  horizontalBox,
  makeLabel,
  pictureImage,
  setBold,
  type Ui,
  verticalBox,
} from './ui.ts';

export class EntriesView {
  readonly widget: Box;
  readonly #ui: Ui;
  readonly #head: Box;
  readonly #picture: Box;
  readonly #title: Label;
  readonly #buttons: ButtonBar;
  readonly #list: ListView;
  readonly #page: PageView;
  #shownPicture = '';

  constructor(ui: Ui) {
    this.#ui = ui;
    const { spacing, padding } = ui.look.sizes;
    this.widget = verticalBox();
    this.#head = horizontalBox(spacing);
    this.#head.setMarginStart(spacing * 2);
    this.#head.setMarginTop(padding);
    this.#head.setMarginBottom(padding);
    this.#head.setSizeRequest(-1, ui.look.sizes.zoom(45));
    this.#picture = horizontalBox();
    this.#title = makeLabel();
    this.#buttons = new ButtonBar(ui);
    this.#buttons.widget.setMarginEnd(spacing);
    this.#head.packStart(this.#picture, false, false, 0);
    this.#head.packStart(this.#title, true, true, 0);
    this.#head.packStart(this.#buttons.widget, false, false, 0);
    this.#list = new ListView(ui);
    this.#page = new PageView(ui);
    this.widget.packStart(this.#head, false, false, 0);
    this.widget.packStart(this.#list.widget, true, true, 0);
    this.widget.packStart(this.#page.widget, true, false, 0);
  }

  show(body: ListBody, height: number): void {
    setBold(this.#title, body.title);
    this.#showPicture(body);
    this.#buttons.set(body.buttons);
    this.#list.widget.setVisible(body.empty === null);
    this.#page.widget.setVisible(body.empty !== null);
    if (body.empty) this.#page.show(body.empty, height);
    this.#list.show(body);
  }

  focus(): boolean {
    return this.#list.widget.getVisible() ? this.#list.focus() : this.#page.focus();
  }

  #showPicture({ picture }: ListBody): void {
    const shown = picture?.svg ?? '';
    if (shown === this.#shownPicture) return;
    this.#shownPicture = shown;
    for (const old of this.#picture.getChildren()) old.destroy();
    if (!picture) return;
    const image = pictureImage(this.#ui.look, picture, this.#ui.look.sizes.zoom(82));
    image.setValign(Gtk.Align.CENTER);
    this.#picture.packStart(image, false, false, 0);
    this.#picture.showAll();
  }
}
