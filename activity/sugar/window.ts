/**
 * The window of a Sugar activity: toolbar box above, alerts below it, then the canvas; as large as
 * the screen; known to the shell by its bundle id and activity id.
 */
import { type Box, Gdk, Gtk, markWindow, type Widget, type Window } from '../gtk.ts';

export interface WindowOptions {
  bundleId: string;
  activityId: string;
  title: string;
  /** The shell or the window manager wants it to end. */
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

  /** One alert at a time; null takes it away. */
  showAlert(alert: Widget | null): void {
    for (const old of this.#alerts.getChildren()) old.destroy();
    if (alert) this.#alerts.packStart(alert, false, false, 0);
    alert?.showAll();
  }

  /** To the front, also when nothing that the child did asked for it. */
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
