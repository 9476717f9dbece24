/**
 * Sugar's toolbar: dark, one cell high, buttons with large icons, space at both ends.
 */
import { type Box, Gtk, hasKeyboard, type Widget } from '../gtk.ts';
import { imageOf } from './icon.ts';
import type { Palette } from './palette.ts';
import type { Look } from './theme.ts';

type Toolbar = InstanceType<typeof Gtk.Toolbar>;
type GtkToolButton = InstanceType<typeof Gtk.ToolButton>;

export class ToolbarBox {
  readonly widget: Box;
  readonly #toolbar: Toolbar;
  /** What can have the keyboard, in the order of reading. */
  readonly #stops: Widget[] = [];

  constructor(look: Look) {
    this.widget = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    this.widget.getStyleContext().addClass('ds-toolbar-box');
    this.widget.setSizeRequest(-1, look.sizes.cell);
    this.#toolbar = new Gtk.Toolbar();
    this.#toolbar.setMarginStart(look.sizes.cell);
    this.#toolbar.setMarginEnd(look.sizes.cell);
    this.#toolbar.setShowArrow(false);
    this.widget.packStart(this.#toolbar, true, true, 0);
  }

  add(button: ToolButton): void {
    this.#toolbar.insert(button.widget, -1);
    const inside = button.widget.getChild();
    if (inside) this.#stops.push(inside);
  }

  /** Any other widget; `expand` gives it the space that is left. */
  addWidget(child: Widget, expand = false): void {
    const item = new Gtk.ToolItem();
    item.setExpand(expand);
    item.add(child);
    this.#toolbar.insert(item, -1);
    this.#stops.push(child);
  }

  /**
   * Gives the keyboard to the next one, or with -1 to the one before; returns whether there was one.
   * GTK's own way goes by arrows, which a text field in the middle keeps for itself.
   */
  moveFocus(step: 1 | -1): boolean {
    const at = this.#stops.findIndex((stop) => hasKeyboard(stop));
    if (at < 0) return false;
    for (let to = at + step; to >= 0 && to < this.#stops.length; to += step) {
      const stop = this.#stops[to];
      if (!stop?.isSensitive()) continue;
      stop.grabFocus();
      return true;
    }
    return false;
  }

  /** A line, or with `expand` a gap that takes all that is left. */
  addSeparator(expand = false): void {
    const separator = new Gtk.SeparatorToolItem();
    separator.setDraw(!expand);
    separator.setExpand(expand);
    this.#toolbar.insert(separator, -1);
  }
}

export interface ToolButtonOptions {
  icon: string | null;
  /** What it is called: for the palette and for those who listen to the screen. */
  label: string;
  onClick(): void;
  palette?: Palette;
}

export class ToolButton {
  readonly widget: GtkToolButton;
  readonly #look: Look;
  #icon: string | null = null;

  constructor(look: Look, options: ToolButtonOptions) {
    this.#look = look;
    this.widget = new Gtk.ToolButton();
    this.setIcon(options.icon);
    this.widget.on('clicked', () => {
      options.palette?.popdown();
      options.onClick();
    });
    const button = this.widget.getChild();
    button?.setSizeRequest(
      look.sizes.cell - look.sizes.zoom(12),
      look.sizes.cell - look.sizes.zoom(12),
    );
    button?.getAccessible().setName(options.label);
    if (button && options.palette) options.palette.attach(button, true);
    else this.widget.setTooltipText(options.label);
  }

  setIcon(name: string | null): void {
    if (name === null || name === this.#icon) return;
    this.#icon = name;
    this.setPicture(imageOf(this.#look.icons.named(name, this.#look.sizes.icon)));
  }

  setPicture(image: Widget): void {
    image.show();
    this.widget.setIconWidget(image);
  }

  setSensitive(sensitive: boolean): void {
    this.widget.setSensitive(sensitive);
  }
}
