/**
 * The only file that imports node-gtk: GTK's namespaces, the names of their types, and the few
 * calls that node-gtk types wrongly.
 *
 * Importing it opens the typelibs. Whatever has to work without a display (the model and its
 * tests) must not import it.
 */
import * as gi from 'node-gtk';

export const Gtk = gi.require('Gtk', '3.0');
export const Gdk = gi.require('Gdk', '3.0');
export const GLib = gi.require('GLib', '2.0');
export const Gio = gi.require('Gio', '2.0');
const GdkPixbuf = gi.require('GdkPixbuf', '2.0');
export const Pango = gi.require('Pango', '1.0');
export const Atk = gi.require('Atk', '1.0');

export type Widget = InstanceType<typeof Gtk.Widget>;
export type Container = InstanceType<typeof Gtk.Container>;
export type Box = InstanceType<typeof Gtk.Box>;
export type Label = InstanceType<typeof Gtk.Label>;
export type Button = InstanceType<typeof Gtk.Button>;
export type ToggleButton = InstanceType<typeof Gtk.ToggleButton>;
export type Image = InstanceType<typeof Gtk.Image>;
export type Entry = InstanceType<typeof Gtk.Entry>;
export type EventBox = InstanceType<typeof Gtk.EventBox>;
export type Adjustment = InstanceType<typeof Gtk.Adjustment>;
export type Window = InstanceType<typeof Gtk.Window>;
export type KeyEvent = InstanceType<typeof Gdk.EventKey>;
export type Pixbuf = InstanceType<typeof GdkPixbuf.Pixbuf>;

/** Decodes an SVG or PNG to at most this size in pixels; null if it cannot be decoded. */
export function pixbufFrom(bytes: Uint8Array, width: number, height: number): Pixbuf | null {
  try {
    const stream = Gio.MemoryInputStream.newFromBytes(GLib.Bytes.new(bytes as never));
    return GdkPixbuf.Pixbuf.newFromStreamAtScale(stream, width, height, true, null);
  } catch {
    return null;
  }
}

/** Sets the window properties by which Sugar's shell recognizes the activity. */
export function markWindow(window: Window, bundleId: string, activityId: string): void {
  // Gdk.Window has getXid only once GdkX11 is loaded.
  gi.require('GdkX11', '3.0');
  const sugar = gi.require('SugarExt', '1.0');
  const xid = Number((window.getWindow() as unknown as { getXid(): number | bigint }).getXid());
  sugar.wmSetBundleId(xid, bundleId);
  sugar.wmSetActivityId(xid, activityId);
}

/** A client of the session by XSMP. */
export function newSessionClient() {
  return new (gi.require('SugarExt', '1.0').ClientXSMP)();
}

/** Adds CSS rules with a higher priority than the theme. */
export function addStyle(css: string): void {
  const provider = new Gtk.CssProvider();
  provider.loadFromData(Buffer.from(css) as never);
  const screen = Gdk.Screen.getDefault();
  if (screen) Gtk.StyleContext.addProviderForScreen(screen, provider as never, 600);
}

/** Whether Ctrl was down when this key was pressed. */
export function withControl(event: KeyEvent): boolean {
  return (Number(event.state) & Gdk.ModifierType.CONTROL_MASK) !== 0;
}

/** Whether this widget has the focus. GTK's `has_focus` is hidden by the property of that name. */
export function hasKeyboard(widget: Widget): boolean {
  return (Number(widget.getStateFlags()) & Gtk.StateFlags.FOCUSED) !== 0;
}

/** Whether this event happened on something inside `container`. */
export function isWithin(event: unknown, container: Container): boolean {
  return Gtk.getEventWidget(event as never)?.isAncestor(container) === true;
}
