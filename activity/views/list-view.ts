/**
 * A list of any length with only as many row widgets as fit the screen: scrolling changes which
 * entry a widget shows. Arrow keys move a current row, as in the Journal.
 */
import { type Adjustment, Atk, type Box, Gdk, Gtk, hasKeyboard, type KeyEvent } from '../gtk.ts';
import type { ListBody } from '../model/screens/body.ts';
import { RowWidget } from './row-widget.ts';
import { horizontalBox, type Ui } from './ui.ts';

export type Rows = Pick<ListBody, 'key' | 'count' | 'row'>;

export class ListView {
  readonly widget: Box;
  readonly #ui: Ui;
  readonly #area: InstanceType<typeof Gtk.Layout>;
  readonly #adjustment: Adjustment;
  readonly #bar: InstanceType<typeof Gtk.Scrollbar>;
  readonly #height: number;
  #widgets: RowWidget[] = [];
  #rows: Rows = { key: '', count: 0, row: () => null };
  #current = -1;
  #size: [number, number] = [0, 0];
  #seen = '';

  constructor(ui: Ui) {
    this.#ui = ui;
    this.#height = ui.look.sizes.zoom(82);
    this.#adjustment = new Gtk.Adjustment({ stepIncrement: this.#height, lower: 0 });
    this.#area = new Gtk.Layout();
    this.#area.getAccessible().setRole(Atk.Role.LIST);
    this.#bar = new Gtk.Scrollbar({
      orientation: Gtk.Orientation.VERTICAL,
      adjustment: this.#adjustment,
    });
    this.widget = horizontalBox();
    this.widget.packStart(this.#area, true, true, 0);
    this.widget.packStart(this.#bar, false, false, 0);
    this.#area.addEvents(Gdk.EventMask.SCROLL_MASK | Gdk.EventMask.SMOOTH_SCROLL_MASK);
    this.#area.on('scroll-event', (event) => this.#scrolled(event));
    this.#area.on('size-allocate', (allocation) =>
      this.#resized(allocation.width, allocation.height),
    );
    this.widget.on('key-press-event', (event) => this.#key(event));
    this.#adjustment.on('value-changed', () => this.#place());
  }

  show(rows: Rows): void {
    const isOther = rows.key !== this.#rows.key;
    this.#rows = rows;
    if (isOther) this.#current = -1;
    this.#current = Math.min(this.#current, rows.count - 1);
    this.#adjust();
    if (isOther) this.#adjustment.setValue(0);
    this.#place();
  }

  /** Focuses the current row, or the first. */
  focus(): boolean {
    if (this.#rows.count === 0 || this.#widgets.length === 0) return false;
    this.#goTo(Math.max(0, this.#current));
    return true;
  }

  #adjust(): void {
    const [, height] = this.#size;
    this.#adjustment.setPageSize(height);
    this.#adjustment.setPageIncrement(Math.max(this.#height, height - this.#height));
    this.#adjustment.setUpper(Math.max(height, this.#rows.count * this.#height));
    const most = Math.max(0, this.#adjustment.getUpper() - height);
    // The scroll bar keeps its space, or rows would change their width.
    this.#bar.setOpacity(most > 0 ? 1 : 0);
    this.#bar.setSensitive(most > 0);
    if (this.#adjustment.getValue() > most) this.#adjustment.setValue(most);
  }

  #resized(width: number, height: number): void {
    if (width === this.#size[0] && height === this.#size[1]) return;
    this.#size = [width, height];
    const wanted = Math.ceil(height / this.#height) + 1;
    while (this.#widgets.length < wanted) {
      const row = new RowWidget(this.#ui, this.#height);
      row.widget.on('focus-in-event', () => this.#focused(row));
      this.#area.put(row.widget, 0, 0);
      this.#widgets.push(row);
    }
    for (const { widget } of this.#widgets) widget.setSizeRequest(width, this.#height);
    // GTK ignores resizing during size allocation.
    setTimeout(() => {
      this.#area.queueResize();
      this.#adjust();
      this.#place();
    }, 0);
  }

  #place(): void {
    const count = this.#widgets.length;
    if (count === 0) return;
    const value = this.#adjustment.getValue();
    const first = Math.floor(value / this.#height);
    for (let index = first; index < first + count; index += 1) {
      const row = this.#widgets[index % count];
      if (!row) continue;
      const isThere = index < this.#rows.count;
      if (isThere) row.show(this.#rows.row(index), index === this.#current);
      row.widget.setVisible(isThere);
      this.#area.move(row.widget, 0, Math.round(index * this.#height - value));
    }
    const last = Math.min(this.#rows.count - 1, first + count - 1);
    const seen = `${this.#rows.key} ${first} ${last}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#ui.dispatch({ type: 'seen', first, last: Math.max(0, last) });
  }

  #goTo(index: number): void {
    if (this.#rows.count === 0) return;
    this.#current = Math.min(this.#rows.count - 1, Math.max(0, index));
    const top = this.#current * this.#height;
    const [value, page] = [this.#adjustment.getValue(), this.#size[1]];
    if (top < value) this.#adjustment.setValue(top);
    else if (top + this.#height > value + page)
      this.#adjustment.setValue(top + this.#height - page);
    this.#place();
    this.#widgets[this.#current % this.#widgets.length]?.widget.grabFocus();
  }

  #focused(row: RowWidget): boolean {
    const count = this.#widgets.length;
    const first = Math.floor(this.#adjustment.getValue() / this.#height);
    for (let index = first; index < first + count; index += 1) {
      if (this.#widgets[index % count] === row) this.#current = index;
    }
    return false;
  }

  #scrolled(event: {
    getScrollDeltas?: () => unknown;
    direction?: number;
    deltaY?: number;
  }): boolean {
    const { UP, DOWN, SMOOTH } = Gdk.ScrollDirection;
    const steps =
      event.direction === SMOOTH
        ? Number(event.deltaY ?? 0)
        : event.direction === UP
          ? -1
          : event.direction === DOWN
            ? 1
            : 0;
    this.#adjustment.setValue(this.#adjustment.getValue() + steps * this.#height);
    return true;
  }

  #key(event: KeyEvent): boolean {
    const page = Math.max(1, Math.floor(this.#size[1] / this.#height) - 1);
    const now = Math.max(0, this.#current);
    switch (Gdk.keyvalName(event.keyval)) {
      case 'Up':
      case 'KP_Up':
        if (now === 0) return false; // leaves the list for the toolbar
        this.#goTo(now - 1);
        return true;
      case 'Down':
      case 'KP_Down':
        this.#goTo(now + 1);
        return true;
      case 'Page_Up':
      case 'KP_Page_Up':
        this.#goTo(now - page);
        return true;
      case 'Page_Down':
      case 'KP_Home':
        this.#goTo(now + page);
        return true;
      case 'Tab':
        return this.#inRow(1);
      case 'ISO_Left_Tab':
        return this.#inRow(-1);
      case 'Right':
      case 'KP_Right':
        return this.#inRow(this.#ui.look.rightToLeft ? -1 : 1);
      case 'Left':
      case 'KP_Left':
        return this.#inRow(this.#ui.look.rightToLeft ? 1 : -1);
      case 'Home':
        this.#goTo(0);
        return true;
      case 'End':
        this.#goTo(this.#rows.count - 1);
        return true;
      case 'Return':
      case 'KP_Enter':
      case 'KP_End':
        return this.#openFocused();
      default:
        return false;
    }
  }

  #inRow(step: 1 | -1): boolean {
    return this.#widgets.some((row) => row.widget.getVisible() && row.moveFocus(step));
  }

  #openFocused(): boolean {
    const row = this.#widgets.find(({ widget }) => hasKeyboard(widget));
    row?.open();
    return row !== undefined;
  }
}
