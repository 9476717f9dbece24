/**
 * The whole window: shows the model's screen as toolbar, alert and canvas, and handles keys,
 * including the XO's game keys.
 */
import { type Box, Gdk, Gtk, type KeyEvent, type Widget, withControl } from '../gtk.ts';
import type { Body } from '../model/screens/body.ts';
import type { AlertModel } from '../model/screens/frame/alert.ts';
import type { Screen } from '../model/screens/screen.ts';
import { type AlertWidget, createAlert } from '../sugar/alert.ts';
import { ActivityWindow, type WindowOptions } from '../sugar/window.ts';
import { BackupToolbar } from './backup-toolbar.ts';
import { CalendarView } from './calendar-view.ts';
import { EntriesView } from './entries-view.ts';
import { EntryView } from './entry-view.ts';
import { PageView } from './page-view.ts';
import { PeopleView } from './people-view.ts';
import { ButtonBar, type Ui } from './ui.ts';

const FOCUS_AGAIN_MS = 50;
const FOCUS_TRIES = 10;

interface View<B extends Body> {
  widget: Box;
  show(body: B, height: number): void;
  focus(): boolean;
}

type Views = { [K in Body['type']]?: View<Extract<Body, { type: K }>> };

export class BackupWindow {
  readonly window: ActivityWindow;
  readonly #ui: Ui;
  readonly #toolbar: BackupToolbar;
  readonly #canvas: InstanceType<typeof Gtk.Stack>;
  readonly #cancel: ButtonBar;
  readonly #views: Views = {};
  #screen: Screen;
  #height = 600;
  #alert: { key: string; alert: AlertWidget } | null = null;
  #kind: Body['type'] | null = null;
  #place = '';
  #wantsKeyboard = true;

  constructor(ui: Ui, first: Screen, options: WindowOptions) {
    this.#ui = ui;
    this.#screen = first;
    this.#toolbar = new BackupToolbar(ui, first.toolbar, options.onClose);
    this.window = new ActivityWindow(this.#toolbar.box.widget, options);
    this.#toolbar.onSearched = () => this.#focusCanvas();
    this.#canvas = new Gtk.Stack();
    this.#cancel = new ButtonBar(ui);
    this.#cancel.widget.setMarginEnd(ui.look.sizes.spacing * 2);
    this.#cancel.widget.setMarginBottom(ui.look.sizes.spacing);
    const around = new Gtk.EventBox();
    around.getStyleContext().addClass('ds-canvas');
    around.add(this.#canvas);
    this.window.setCanvas(around);
    this.window.setCorner(this.#cancel.widget);
    this.window.window.on('key-press-event', (event) => this.#key(event, options.onClose));
    this.window.window.on('button-press-event', () => this.#showFocus(false));
    this.#canvas.on('size-allocate', ({ height }) => this.#resized(height));
    this.show(first);
    this.window.window.showAll();
    this.show(first);
  }

  /** A search that was typed, but has not begun, is given up. */
  forgetTyping(): void {
    this.#toolbar.forgetTyping();
  }

  show(screen: Screen): void {
    this.#screen = screen;
    this.#toolbar.show(screen.toolbar, screen.teacher);
    this.#showAlert(screen.alert);
    const { body } = screen;
    const view = this.#viewFor(body.type);
    view.show(body as never, this.#height);
    this.#cancel.set(body.type === 'page' && body.cancel ? [body.cancel] : []);
    if (body.type !== this.#kind) {
      this.#kind = body.type;
      view.widget.show();
      this.#canvas.setVisibleChild(view.widget);
    }
    if (screen.place !== this.#place) this.#wantsKeyboard = !this.#toolbar.isSearching();
    this.#place = screen.place;
    // The focused widget may have disappeared, as a list does while it is fetched.
    if (!this.#isOnSomething()) this.#wantsKeyboard = true;
    // A widget can be focused only once it is mapped.
    if (this.#wantsKeyboard) setTimeout(() => this.#giveKeyboard(view, FOCUS_TRIES), 0);
  }

  /** Retries until the widget exists: it may come only with the agent's answer. */
  #giveKeyboard(view: View<never>, tries: number): void {
    if (!this.#wantsKeyboard || tries === 0) return;
    const given = view.widget.getMapped() && view.focus();
    if (given && this.window.window.getFocus()?.isAncestor(view.widget))
      this.#wantsKeyboard = false;
    else setTimeout(() => this.#giveKeyboard(view, tries - 1), FOCUS_AGAIN_MS);
  }

  #viewFor(kind: Body['type']): View<never> {
    const known = this.#views[kind];
    if (known) return known as View<never>;
    const made = this.#make(kind);
    (this.#views as Record<string, View<never>>)[kind] = made;
    made.widget.showAll();
    this.#canvas.add(made.widget as Widget);
    return made;
  }

  #make(kind: Body['type']): View<never> {
    switch (kind) {
      case 'page':
        return new PageView(this.#ui);
      case 'list':
        return new EntriesView(this.#ui);
      case 'people':
        return new PeopleView(this.#ui);
      case 'calendar':
        return new CalendarView(this.#ui);
      case 'entry':
        return new EntryView(this.#ui);
      default:
        return kind satisfies never;
    }
  }

  #showAlert(model: AlertModel | null): void {
    if (model?.key === this.#alert?.key) {
      if (model?.countdown != null) this.#alert?.alert.setCountdown(model.countdown);
      return;
    }
    if (!model) {
      this.#alert = null;
      this.window.showAlert(null);
      return;
    }
    const { title, text, icon, countdown } = model;
    const buttons = model.buttons.map(({ event, ...button }) => ({
      ...button,
      onClick: () => this.#ui.dispatch(event),
    }));
    const alert = createAlert(this.#ui.look, {
      ...{ title, text, icon, buttons },
      ...(countdown !== null && { countdown }),
    });
    this.#alert = { key: model.key, alert };
    this.window.showAlert(alert.widget);
  }

  #resized(height: number): void {
    if (height === this.#height) return;
    this.#height = height;
    setTimeout(() => this.show(this.#screen), 0);
  }

  /** The focus is drawn from the first key press until the next press of the pointer. */
  #showFocus(visible: boolean): boolean {
    const context = this.window.window.getStyleContext();
    if (visible) context.addClass('ds-keys');
    else context.removeClass('ds-keys');
    return false;
  }

  #key(event: KeyEvent, close: () => void): boolean {
    this.#showFocus(true);
    const { dispatch } = this.#ui;
    const name = Gdk.keyvalName(event.keyval) ?? '';
    if (withControl(event)) return this.#control(name, close);
    switch (name) {
      case 'Escape':
      case 'KP_Next': // GDK's name for the game key with the cross
        if (this.#toolbar.clearSearch()) return true;
        if (this.#screen.escape) dispatch(this.#screen.escape);
        return true;
      case 'KP_End': // the game key with the tick
        return this.#confirm();
      case 'Tab':
        return this.#toolbar.box.moveFocus(1);
      case 'ISO_Left_Tab':
        return this.#toolbar.box.moveFocus(-1);
      case 'Down':
      case 'KP_Down':
        return this.#isInToolbar() && this.#focusCanvas();
      case 'Return':
      case 'KP_Enter':
        return this.#isOnSomething() ? false : this.#focusCanvas();
      default:
        return false;
    }
  }

  #control(name: string, close: () => void): boolean {
    if (name === 'q' || name === 'w') close();
    else if (name === 'f') this.#toolbar.focusSearch();
    else return false;
    return true;
  }

  #confirm(): boolean {
    const focused = this.window.window.getFocus();
    if (focused?.activate()) return true;
    // Rows are opened by their list.
    return this.#isOnSomething() ? false : this.#focusCanvas();
  }

  #isOnSomething(): boolean {
    const focused = this.window.window.getFocus();
    return focused?.getMapped() === true;
  }

  #isInToolbar(): boolean {
    const focused = this.window.window.getFocus();
    return focused?.isAncestor(this.#toolbar.box.widget) === true;
  }

  /** Focuses the canvas as soon as it has something to focus; Cancel only if there is nothing else. */
  #focusCanvas(): boolean {
    const view = this.#kind ? this.#views[this.#kind] : undefined;
    if (!view) return false;
    if (!view.focus() && this.#cancel.focusFirst()) return true;
    this.#wantsKeyboard = true;
    this.#giveKeyboard(view as View<never>, FOCUS_TRIES);
    return true;
  }
}
