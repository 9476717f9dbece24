/** Sugar's toolbar: dark, one cell high, with large icons and space at both ends. */
import { type Box, Gtk, hasKeyboard, type Widget } from '../gtk.ts';
import type { Look } from './look.ts';
import type { ToolButton } from './toolbutton.ts';

type Toolbar = InstanceType<typeof Gtk.Toolbar>;

export class ToolbarBox {
  readonly widget: Box;
  readonly #toolbar: Toolbar;
  /** Widgets that take the focus, in reading order. */
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

  /** Adds any widget; `expand` gives it the remaining space. */
  addWidget(child: Widget, expand = false): void {
    const item = new Gtk.ToolItem();
    item.setExpand(expand);
    item.add(child);
    this.#toolbar.insert(item, -1);
    this.#stops.push(child);
  }

  /**
   * Moves the focus to the next widget, or with -1 to the one before; false if there is none. GTK
   * itself moves by arrow keys, which a text field keeps for itself.
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

  /** Adds a line, or with `expand` a gap that takes the remaining space. */
  addSeparator(expand = false): void {
    const separator = new Gtk.SeparatorToolItem();
    separator.setDraw(!expand);
    separator.setExpand(expand);
    this.#toolbar.insert(separator, -1);
  }
}
