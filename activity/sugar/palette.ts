/**
 * Sugar's palette: the name of a thing and what can be done with it. It opens when the pointer
 * rests on the widget, at once on a right click, and by the Menu key, which gives it the focus;
 * Esc closes it.
 */
import { type Box, type Button, Gdk, Gtk, Pango, type Pixbuf, type Widget } from '../gtk.ts';
import { imageOf } from './icon.ts';
import type { Look } from './look.ts';
import { COLORS } from './style.ts';

export interface PaletteItem {
  icon: Pixbuf | null;
  label: string;
  sensitive?: boolean;
  onClick(): void;
}

type LongPress = InstanceType<typeof Gtk.GestureLongPress>;

const REST_MS = 500;
const LEAVE_MS = 300;

export class Palette {
  readonly #look: Look;
  readonly #popover: InstanceType<typeof Gtk.Popover>;
  readonly #title: InstanceType<typeof Gtk.Label>;
  readonly #subtitle: InstanceType<typeof Gtk.Label>;
  readonly #items: Box;
  #shown = '';
  #timer: NodeJS.Timeout | undefined;
  #muted = false;

  constructor(look: Look, title: string) {
    this.#look = look;
    this.#popover = new Gtk.Popover();
    this.#popover.getStyleContext().addClass('ds-palette');
    const { spacing } = look.sizes;
    const all = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    all.setSizeRequest(look.sizes.cell * 3, -1);
    this.#title = label(spacing);
    this.#subtitle = label(spacing);
    this.#title.setMarginTop(spacing);
    this.#subtitle.setMarginBottom(spacing);
    this.#items = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    all.packStart(this.#title, false, false, 0);
    all.packStart(this.#subtitle, false, false, 0);
    all.packStart(this.#items, false, false, 0);
    this.#popover.add(all);
    all.showAll();
    this.setTitle(title);
    this.#popover.on('enter-notify-event', () => this.#wait(null));
    this.#popover.on('leave-notify-event', () => {
      if (!this.#popover.getModal()) this.#wait(LEAVE_MS);
      return false;
    });
  }

  /** The name of the thing; below it a second line, beside it the key that does the same. */
  setTitle(title: string, subtitle = '', accelerator = ''): void {
    const key =
      accelerator && `   <span color="${COLORS.panel}">${escapeMarkup(accelerator)}</span>`;
    this.#title.setMarkup(`<b>${escapeMarkup(title)}</b>${key}`);
    this.#subtitle.setText(subtitle);
    this.#subtitle.setVisible(subtitle !== '');
    this.#subtitle.setNoShowAll(subtitle === '');
    this.#title.setMarginBottom(subtitle === '' ? this.#look.sizes.spacing : 0);
  }

  /** The actions below the title; unchanged ones are not rebuilt. */
  setItems(items: readonly PaletteItem[]): void {
    const shown = JSON.stringify(items.map(({ label, sensitive }) => [label, sensitive]));
    for (const [index, item] of items.entries()) this.#acts[index] = item.onClick;
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const old of this.#items.getChildren()) old.destroy();
    if (items.length > 0) {
      const line = new Gtk.Separator({ orientation: Gtk.Orientation.HORIZONTAL });
      this.#items.packStart(line, false, false, 0);
    }
    for (const [index, item] of items.entries()) {
      this.#items.packStart(this.#button(item, index), false, false, 0);
    }
    this.#items.showAll();
  }
  readonly #acts: (() => void)[] = [];

  /** Lines of text instead of actions. */
  setLines(lines: readonly [name: string, value: string][]): void {
    const shown = JSON.stringify(lines);
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const old of this.#items.getChildren()) old.destroy();
    const { spacing, padding } = this.#look.sizes;
    const grid = new Gtk.Grid({ columnSpacing: spacing, rowSpacing: padding });
    grid.setMarginStart(spacing);
    grid.setMarginEnd(spacing);
    grid.setMarginBottom(spacing);
    for (const [row, [name, value]] of lines.entries()) {
      const [left, right] = [label(0), label(0)];
      left.setText(name);
      right.setMarkup(`<b>${escapeMarkup(value)}</b>`);
      grid.attach(left, 0, row, 1, 1);
      grid.attach(right, 1, row, 1, 1);
    }
    this.#items.packStart(grid, false, false, 0);
    this.#items.showAll();
  }

  /** Attaches it to this widget; in a toolbar it opens downwards. */
  attach(widget: Widget, inToolbar: boolean): void {
    this.#popover.setRelativeTo(widget);
    if (inToolbar) this.#joinBelow(widget);
    widget.addEvents(Gdk.EventMask.ENTER_NOTIFY_MASK | Gdk.EventMask.LEAVE_NOTIFY_MASK);
    widget.on('enter-notify-event', (event) => isMove(event) && this.#rest());
    widget.on('leave-notify-event', (event) => {
      if (!isMove(event)) return false;
      this.#muted = false;
      if (this.#popover.getVisible() && !this.#popover.getModal()) this.#wait(LEAVE_MS);
      else this.#wait(null);
      return false;
    });
    widget.on('button-press-event', (event) => {
      if (event.button !== 3) return false;
      this.popup();
      return true;
    });
    this.#gestures.push(onLongPress(widget, () => this.popup()));
    widget.on('popup-menu', () => {
      this.popup();
      return true;
    });
  }

  /** The icon in its button: the tail that GTK draws lies in the black of the button then. */
  pointAt(icon: Widget): void {
    this.#popover.setRelativeTo(icon);
  }

  /** As Sugar's: the palette and its button are one black shape. */
  #joinBelow(widget: Widget): void {
    this.#popover.setPosition(Gtk.PositionType.BOTTOM);
    const style = widget.getStyleContext();
    this.#popover.on('map', () => style.addClass('ds-open'));
    this.#popover.on('unmap', () => style.removeClass('ds-open'));
  }

  /** GTK keeps no reference to a gesture. */
  readonly #gestures: LongPress[] = [];

  /** Opens it with the focus on its first action. */
  popup(): void {
    this.#wait(null);
    this.#popover.setModal(true);
    this.#popover.popup();
    this.#items.childFocus(Gtk.DirectionType.TAB_FORWARD);
  }

  /** Closes it until the pointer has left and come back. */
  popdown(): void {
    this.#wait(null);
    this.#muted = true;
    this.#popover.popdown();
  }

  toggle(): void {
    if (this.#popover.getVisible() && this.#popover.getModal()) this.popdown();
    else this.popup();
  }

  #rest(): boolean {
    if (this.#popover.getVisible()) {
      this.#wait(null);
      return false;
    }
    clearTimeout(this.#timer);
    if (this.#muted) return false;
    this.#timer = setTimeout(() => {
      this.#popover.setModal(false);
      this.#popover.popup();
    }, REST_MS);
    return false;
  }

  #wait(ms: number | null): boolean {
    clearTimeout(this.#timer);
    if (ms !== null) this.#timer = setTimeout(() => this.#popover.popdown(), ms);
    return false;
  }

  #button(item: PaletteItem, index: number): Button {
    const { sizes } = this.#look;
    const button = new Gtk.Button();
    button.getStyleContext().addClass('ds-palette-item');
    button.setSensitive(item.sensitive ?? true);
    const inside = new Gtk.Box({ spacing: sizes.spacing });
    inside.packStart(imageOf(item.icon), false, false, 0);
    const text = label(0);
    text.setText(item.label);
    inside.packStart(text, false, false, 0);
    button.add(inside);
    button.getAccessible().setName(item.label);
    button.on('clicked', () => {
      this.popdown();
      this.#acts[index]?.();
    });
    return button;
  }
}

/**
 * One palette for all the signs of a screen, which have nothing but a name: it moves to the one that
 * the pointer rests on.
 */
export class NamePalette {
  readonly #popover = new Gtk.Popover();
  readonly #label: InstanceType<typeof Gtk.Label>;
  #timer: NodeJS.Timeout | undefined;

  constructor(look: Look) {
    const { spacing } = look.sizes;
    this.#popover.getStyleContext().addClass('ds-palette');
    this.#popover.setModal(false);
    this.#label = label(spacing);
    this.#label.setMarginTop(spacing);
    this.#label.setMarginBottom(spacing);
    this.#label.setMarginEnd(spacing);
    this.#label.show();
    this.#popover.add(this.#label);
  }

  /** Shows `name()` as a palette opens: at rest, on a long press, a right click and the Menu key. */
  attach(widget: Widget, name: () => string): void {
    const show = () => this.#show(widget, name());
    widget.addEvents(Gdk.EventMask.ENTER_NOTIFY_MASK | Gdk.EventMask.LEAVE_NOTIFY_MASK);
    widget.on('enter-notify-event', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(show, REST_MS);
      return false;
    });
    widget.on('leave-notify-event', ({ mode }) => isMove({ mode }) && this.#hide());
    widget.on('button-press-event', ({ button }) => (button === 3 ? show() : this.#hide()));
    widget.on('popup-menu', show);
    widget.on('focus-out-event', () => this.#hide());
    widget.on('unmap', () => void this.#hide());
    this.#gestures.push(onLongPress(widget, show));
  }
  /** GTK keeps no reference to a gesture. */
  readonly #gestures: LongPress[] = [];

  #show(widget: Widget, name: string): true {
    clearTimeout(this.#timer);
    if (!widget.getMapped() || name === '') return true;
    this.#label.setMarkup(`<b>${escapeMarkup(name)}</b>`);
    this.#popover.setRelativeTo(widget);
    this.#popover.popup();
    return true;
  }

  #hide(): boolean {
    clearTimeout(this.#timer);
    this.#popover.popdown();
    return false;
  }
}

function label(margin: number): InstanceType<typeof Gtk.Label> {
  const made = new Gtk.Label();
  made.setXalign(0);
  made.setMarginStart(margin);
  made.setMarginEnd(margin);
  made.setMaxWidthChars(60);
  made.setEllipsize(Pango.EllipsizeMode.MIDDLE);
  return made;
}

/** Whether the pointer itself came or went; a press grabs it, which is told in the same way. */
function isMove(event: { mode?: number }): boolean {
  return event.mode === Gdk.CrossingMode.NORMAL;
}

/** Calls back when a finger stays on the widget, or a button of the pointer; the press is no click then. */
function onLongPress(widget: Widget, then: () => void): LongPress {
  const gesture = new Gtk.GestureLongPress({ widget });
  gesture.setPropagationPhase(Gtk.PropagationPhase.CAPTURE);
  gesture.on('pressed', () => {
    gesture.setState(Gtk.EventSequenceState.CLAIMED);
    then();
  });
  return gesture;
}

/** Escapes text for Pango markup. */
export function escapeMarkup(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
