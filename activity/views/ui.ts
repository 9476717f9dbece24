/** What every view works with: labels, pictures, and buttons that dispatch the model's events. */
import {
  type Box,
  type Button,
  Gdk,
  Gtk,
  type Image,
  type Label,
  Pango,
  type Pixbuf,
} from '../gtk.ts';
import { INK, PAPER, type Picture } from '../model/pictures/drawing.ts';
import { signSvg } from '../model/pictures/things.ts';
import type { ButtonModel, IconName } from '../model/screens/body.ts';
import type { Event } from '../model/state/event.ts';
import type { Look } from '../sugar/look.ts';
import { escapeMarkup, type NamePalette } from '../sugar/palette.ts';
import type { EntryIcons } from './entry-icons.ts';
import type { Previews } from './previews.ts';

export interface Ui {
  look: Look;
  previews: Previews;
  entryIcons: EntryIcons;
  /** The names of signs, shown beside them. */
  names: NamePalette;
  dispatch(event: Event): void;
}

/** Icons that are mirrored for right-to-left languages. */
const MIRRORED: Readonly<Record<string, string>> = {
  'go-next': 'go-previous',
  'go-previous': 'go-next',
};

/** A button's icon: dark on the canvas, white in the toolbar. */
export function iconPixbuf(
  { icons, rightToLeft }: Look,
  icon: IconName,
  size: number,
  white = false,
): Pixbuf | null {
  if ('own' in icon) return icons.svg(signSvg(icon.own, white ? PAPER : INK), size, size);
  const name = rightToLeft ? (MIRRORED[icon.theme] ?? icon.theme) : icon.theme;
  return icons.named(name, size, white ? undefined : { stroke: INK, fill: INK });
}

export function setPicture(image: Image, picture: Pixbuf | null): void {
  if (picture) image.setFromPixbuf(picture);
  else image.clear();
}

/** A picture of the model's at this height, with its accessible name. */
export function pictureImage({ icons }: Look, picture: Picture, height: number): Image {
  const width = Math.round((picture.width * height) / picture.height);
  const made = icons.svg(picture.svg, width, Math.round(height));
  const image = made ? Gtk.Image.newFromPixbuf(made) : new Gtk.Image();
  image.getAccessible().setName(picture.name);
  return image;
}

type Align = (typeof Gtk.Align)[keyof typeof Gtk.Align];

/** In pixels; an activity fills the screen. */
function screenWidth(): number {
  return Gdk.Screen.getDefault()?.getWidth() ?? 0;
}

export interface LabelOptions {
  class?: string;
  lines?: number;
  centre?: boolean;
}

export function makeLabel(options: LabelOptions = {}): Label {
  const label = new Gtk.Label();
  label.setXalign(options.centre ? 0.5 : 0);
  label.setEllipsize(Pango.EllipsizeMode.END);
  if (options.centre) label.setJustify(Gtk.Justification.CENTER);
  if (options.lines) {
    label.setLineWrap(true);
    // A title may be one long word, which the screen has no room for.
    label.setLineWrapMode(Pango.WrapMode.WORD_CHAR);
    label.setLines(options.lines);
  }
  if (options.class) label.getStyleContext().addClass(options.class);
  return label;
}

export function setBold(label: Label, text: string): void {
  label.setMarkup(`<b>${escapeMarkup(text)}</b>`);
}

export function verticalBox(spacing = 0): Box {
  return new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL, spacing });
}

export function horizontalBox(spacing = 0): Box {
  return new Gtk.Box({ orientation: Gtk.Orientation.HORIZONTAL, spacing });
}

/** A button with icon and label. */
function makeButton(
  look: Look,
  model: ButtonModel,
  styleClass: string,
  onClick: () => void,
): Button {
  const button = new Gtk.Button();
  const inside = horizontalBox(look.sizes.padding);
  inside.setHalign(Gtk.Align.CENTER);
  const white = styleClass === 'ds-main';
  const size = look.sizes.smallIcon;
  const icon = iconPixbuf(look, model.icon, size, white);
  if (icon) inside.packStart(Gtk.Image.newFromPixbuf(icon), false, false, 0);
  inside.packStart(new Gtk.Label({ label: model.label }), false, false, 0);
  button.add(inside);
  button.getStyleContext().addClass(styleClass);
  button.getAccessible().setName(model.label);
  button.setSensitive(model.sensitive ?? true);
  button.on('clicked', onClick);
  return button;
}

/** A button with an icon only; its label is the accessible name. */
export function makeSignButton({ look, names }: Ui): {
  button: Button;
  set(model: ButtonModel): void;
  image: Image;
} {
  const button = new Gtk.Button();
  const image = new Gtk.Image();
  let shown = '';
  let name = '';
  names.attach(button, () => name);
  button.add(image);
  button.getStyleContext().addClass('ds-plain');
  button.setValign(Gtk.Align.CENTER);
  const set = (model: ButtonModel) => {
    const key = JSON.stringify([model.icon, model.label, model.sensitive]);
    if (key === shown) return;
    shown = key;
    setPicture(image, iconPixbuf(look, model.icon, look.sizes.smallIcon));
    name = model.label;
    button.getAccessible().setName(model.label);
    button.setSensitive(model.sensitive ?? true);
  };
  return { button, set, image };
}

/** Buttons in as many rows as they need, rebuilt only when they change; Enter presses the main one. */
export class ButtonBar {
  readonly widget: Box;
  readonly #ui: Ui;
  #shown = '';
  #models: readonly ButtonModel[] = [];
  #main: Button | null = null;
  #buttons: Button[] = [];
  readonly #align: Align;
  readonly #beside: number;

  /** `align` of the rows; `beside` says how many pixels of the screen's width are for other things. */
  constructor(ui: Ui, align: Align = Gtk.Align.CENTER, beside = 2 * ui.look.sizes.spacing) {
    this.#ui = ui;
    this.#align = align;
    this.#beside = beside;
    this.widget = verticalBox(ui.look.sizes.spacing);
    this.widget.setHalign(align);
  }

  set(models: readonly ButtonModel[]): void {
    this.#models = models;
    const shown = JSON.stringify(
      models.map(({ icon, label, main, sensitive }) => [icon, label, main, sensitive]),
    );
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const old of this.widget.getChildren()) old.destroy();
    this.#buttons = models.map((model, index) =>
      makeButton(this.#ui.look, model, 'ds-main', () => this.#press(index)),
    );
    this.#main = this.#buttons[models.findIndex(({ main }) => main)] ?? null;
    this.#fill();
    this.widget.showAll();
  }

  /** As many buttons in a row as the screen has room for. */
  #fill(): void {
    const { spacing } = this.#ui.look.sizes;
    const room = screenWidth() - this.#beside;
    let [row, width]: [Box | null, number] = [null, 0];
    for (const button of this.#buttons) {
      button.showAll();
      const [, wanted] = button.getPreferredWidth();
      if (!row || width + spacing + wanted > room) {
        row = horizontalBox(spacing);
        row.setHalign(this.#align);
        this.widget.packStart(row, false, false, 0);
        width = -spacing;
      }
      row.packStart(button, false, false, 0);
      width += spacing + wanted;
    }
  }

  /** Focuses the main button. */
  focusMain(): boolean {
    this.#main?.grabFocus();
    return this.#main !== null;
  }

  /** Focuses the first button, main or not. */
  focusFirst(): boolean {
    const [first] = this.#buttons;
    first?.grabFocus();
    return first !== undefined;
  }

  #press(index: number): void {
    const model = this.#models[index];
    if (model) this.#ui.dispatch(model.event);
  }
}
