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
  readonly #over: InstanceType<typeof Gtk.Overlay>;
  readonly #alerts: Box;
  readonly #canvas: Box;

  constructor(toolbar: Widget, options: WindowOptions) {
    this.window = new Gtk.Window({ type: Gtk.WindowType.TOPLEVEL });
    this.window.setTitle(options.title);
    this.window.setDecorated(false);
    this.window.maximize();
    fillScreen(this.window);
    const all = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    // Over the canvas and not above it: nothing moves when an alert comes or goes.
    this.#over = new Gtk.Overlay();
    this.#alerts = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    this.#alerts.setValign(Gtk.Align.START);
    this.#canvas = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    all.packStart(toolbar, false, false, 0);
    this.#over.add(this.#canvas);
    this.#over.addOverlay(this.#alerts);
    all.packStart(this.#over, true, true, 0);
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

  /** A widget at the end of the bottom line, over the canvas. */
  setCorner(widget: Widget): void {
    widget.setHalign(Gtk.Align.END);
    widget.setValign(Gtk.Align.END);
    this.#over.addOverlay(widget);
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
