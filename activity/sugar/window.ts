/**
 * The window of a Sugar activity: toolbar box, alerts, canvas, full screen; the shell recognizes
 * it by bundle id and activity id.
 */
import { type Box, Gdk, Gtk, markWindow, type Widget, type Window } from '../gtk.ts';

export interface WindowOptions {
  bundleId: string;
  activityId: string;
  title: string;
  /** The shell or the window manager asks the window to close. */
  onClose(): void;
}

export class ActivityWindow {
  readonly window: Window;
  readonly #alerts: Box;
  readonly #canvas: Box;

  constructor(toolbar: Widget, options: WindowOptions) {
    this.window = new Gtk.Window({ type: Gtk.WindowType.TOPLEVEL });
    this.window.setTitle(options.title);
    this.window.setDecorated(false);
    this.window.maximize();
    fillScreen(this.window);
    const all = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    this.#alerts = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    this.#canvas = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    all.packStart(toolbar, false, false, 0);
    all.packStart(this.#alerts, false, false, 0);
    all.packStart(this.#canvas, true, true, 0);
    this.window.add(all);
    this.window.on('realize', () => markWindow(this.window, options.bundleId, options.activityId));
    this.window.on('delete-event', () => {
      options.onClose();
      return true;
    });
  }

  setCanvas(canvas: Widget): void {
    this.#canvas.packStart(canvas, true, true, 0);
  }

  /** Shows this alert instead of the present one; null removes it. */
  showAlert(alert: Widget | null): void {
    for (const old of this.#alerts.getChildren()) old.destroy();
    if (alert) this.#alerts.packStart(alert, false, false, 0);
    alert?.showAll();
  }

  /** Brings the window to the front. */
  reveal(): void {
    this.window.present();
  }
}

function fillScreen(window: Window): void {
  const screen = Gdk.Screen.getDefault();
  if (!screen) return;
  const fill = () => {
    window.setDefaultSize(screen.getWidth(), screen.getHeight());
    window.resize(screen.getWidth(), screen.getHeight());
  };
  fill();
  screen.on('size-changed', fill);
}
