/**
 * One row of a list: icon, picture, title, time and actions. A row widget shows one entry after
 * another.
 */
import {
  Atk,
  type Box,
  type EventBox,
  Gtk,
  hasKeyboard,
  type Image,
  isWithin,
  type Label,
} from '../gtk.ts';
import type { ButtonModel, Row } from '../model/screens/body.ts';
import {
  horizontalBox,
  iconPixbuf,
  makeLabel,
  makeSignButton,
  setBold,
  setPicture,
  type Ui,
  verticalBox,
} from './ui.ts';

/** Action buttons of a row. */
const BUTTONS = 3;

export class RowWidget {
  readonly widget: EventBox;
  readonly #ui: Ui;
  readonly #icon: Image = new Gtk.Image();
  readonly #preview: Image = new Gtk.Image();
  readonly #mark: Image = new Gtk.Image();
  readonly #title: Label;
  readonly #note: Label;
  readonly #when: Label;
  readonly #buttons: ReturnType<typeof makeSignButton>[] = [];
  readonly #previewSize: [number, number];
  readonly #actions: Box;
  #row: Row | null = null;
  #shown = '';
  #previewKey: string | null = null;
  #iconKey = '';

  constructor(ui: Ui, height: number) {
    this.#ui = ui;
    const { zoom, spacing, padding, icon } = ui.look.sizes;
    this.#previewSize = [zoom(96), height - zoom(12)];
    this.widget = new Gtk.EventBox();
    this.widget.setCanFocus(true);
    this.widget.getStyleContext().addClass('ds-row');
    this.widget.getAccessible().setRole(Atk.Role.LIST_ITEM);
    this.#title = makeLabel();
    this.#note = makeLabel({ class: 'ds-quiet' });
    this.#when = makeLabel({ class: 'ds-quiet' });
    this.#when.setSizeRequest(zoom(150), -1);
    this.#icon.setSizeRequest(icon, -1);
    this.#preview.setSizeRequest(this.#previewSize[0], -1);
    const words = verticalBox();
    words.setValign(Gtk.Align.CENTER);
    words.packStart(this.#title, false, false, 0);
    words.packStart(this.#note, false, false, 0);
    const line = horizontalBox(spacing);
    line.setMarginStart(spacing * 2);
    line.setMarginEnd(spacing);
    for (const part of [this.#icon, this.#preview]) line.packStart(part, false, false, 0);
    line.packStart(words, true, true, 0);
    for (const part of [this.#mark, this.#when]) line.packStart(part, false, false, 0);
    const buttons = horizontalBox(padding);
    this.#actions = buttons;
    for (let n = 0; n < BUTTONS; n += 1) {
      const made = makeSignButton(ui);
      made.button.on('clicked', () => this.#press(n));
      buttons.packStart(made.button, false, false, 0);
      this.#buttons.push(made);
    }
    line.packStart(buttons, false, false, 0);
    this.widget.add(line);
    this.widget.on('button-release-event', (event) =>
      // A press on a button of the row arrives here too.
      isWithin(event, buttons) ? false : this.#released(Number(event.button)),
    );
    this.widget.showAll();
  }

  show(row: Row | null, current: boolean): void {
    this.#row = row;
    const context = this.widget.getStyleContext();
    if (current) context.addClass('ds-on');
    else context.removeClass('ds-on');
    const shown =
      row === null ? '' : JSON.stringify([row.key, row.title, row.note, row.when, row.marks]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#showWords(row);
    }
    this.#showIcon(row);
    this.#showPreview(row);
    this.#actions.setMarginEnd(this.#freeSpace(row?.buttons.length ?? 0));
    for (const [index, { button, set }] of this.#buttons.entries()) {
      const model = row?.buttons[index];
      if (model) set(model);
      button.setVisible(model !== undefined);
    }
  }

  /** Rows with one button less than the others have the same ones at the same place. */
  #freeSpace(buttons: number): number {
    const { smallIcon, padding, zoom, line } = this.#ui.look.sizes;
    return buttons === BUTTONS - 1 ? smallIcon + 2 * (zoom(4) + line) + padding : 0;
  }

  /** Opens the entry, as a click does. */
  open(): void {
    if (this.#row?.open) this.#ui.dispatch(this.#row.open);
  }

  /** Moves the focus between the row and its actions; false at the ends. */
  moveFocus(step: 1 | -1): boolean {
    const shown = this.#buttons.map(({ button }) => button).filter((one) => one.getVisible());
    const stops = [this.widget, ...shown];
    const at = stops.findIndex((stop) => hasKeyboard(stop));
    const next = at < 0 ? undefined : stops[at + step];
    next?.grabFocus();
    return next !== undefined;
  }

  #press(index: number): void {
    const model: ButtonModel | undefined = this.#row?.buttons[index];
    if (model) this.#ui.dispatch(model.event);
  }

  #released(button: number): boolean {
    if (button === 1) this.open();
    return button === 1;
  }

  #showWords(row: Row | null): void {
    setBold(this.#title, row?.title ?? '');
    this.#note.setText(row?.note ?? '');
    this.#note.setVisible((row?.note ?? '') !== '');
    this.#when.setText(row?.when ?? '');
    const mark = row?.marks[0];
    const { look } = this.#ui;
    setPicture(this.#mark, mark ? iconPixbuf(look, { own: mark.sign }, look.sizes.zoom(24)) : null);
    const said = [row?.title, row?.note, row?.when, ...(row?.marks ?? []).map(({ name }) => name)];
    this.widget.getAccessible().setName(said.filter((part) => part).join(', '));
  }

  #showIcon(row: Row | null): void {
    const key =
      row === null ? '' : 'svg' in row.icon ? row.icon.svg : Object.values(row.icon).join(' ');
    if (key === this.#iconKey) return;
    this.#iconKey = key;
    const { look, entryIcons } = this.#ui;
    const size = look.sizes.icon;
    if (row === null) this.#icon.clear();
    else if ('svg' in row.icon) setPicture(this.#icon, look.icons.svg(row.icon.svg, size, size));
    else setPicture(this.#icon, entryIcons.get(row.icon, size));
  }

  #showPreview(row: Row | null): void {
    const ref = row?.preview ?? null;
    const key = ref ? `${ref.of} ${ref.snapshot} ${ref.uid}` : '';
    if (key === this.#previewKey) return;
    this.#previewKey = key;
    this.#preview.clear();
    this.#preview.setVisible(ref !== null);
    if (!ref) return;
    const [width, height] = this.#previewSize;
    const put = () => {
      if (this.#previewKey === key)
        setPicture(this.#preview, this.#ui.previews.get(ref, width, height, put));
    };
    put();
  }
}
