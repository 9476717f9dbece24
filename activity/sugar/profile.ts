/**
 * What Sugar knows of the child and of its own looks: colors, nick, font, theme. Read once.
 */
import { Gio, GLib, Gtk } from '../gtk.ts';
import { GREY, parseXoColor, type XoColor } from './xocolor.ts';

export interface Child {
  nick: string;
  color: XoColor;
}

/** The child whose session this is, as Sugar's own settings say. */
export function readChild(): Child {
  const settings = settingsOf('org.sugarlabs.user');
  if (!settings) return { nick: '', color: GREY };
  return {
    nick: settings.getString('nick'),
    color: parseXoColor(settings.getString('color')) ?? GREY,
  };
}

/** Makes GTK look as in Sugar's own activities, whose toolkit does the same in Python. */
export function applyTheme(scaling: number, rightToLeft: boolean): void {
  const settings = Gtk.Settings.getDefault();
  if (settings) {
    settings.gtkThemeName = scaling === 100 ? 'sugar-100' : 'sugar-72';
    settings.gtkIconThemeName = 'sugar';
    settings.gtkButtonImages = true;
    settings.gtkFontName = fontName();
  }
  const { RTL, LTR } = Gtk.TextDirection;
  Gtk.Widget.setDefaultDirection(rightToLeft ? RTL : LTR);
}

/** Shown by the shell and by tools that list windows. */
export function nameProgram(name: string): void {
  GLib.setPrgname('org.sugarlabs.Backup');
  GLib.setApplicationName(name);
}

function fontName(): string {
  const settings = settingsOf('org.sugarlabs.font');
  if (!settings) return 'Sans Serif 10';
  return `${settings.getString('default-face')} ${settings.getDouble('default-size')}`;
}

/** GLib ends the whole process when a schema is missing, so it is looked for first. */
function settingsOf(schema: string): InstanceType<typeof Gio.Settings> | null {
  const source = Gio.SettingsSchemaSource.getDefault();
  return source?.lookup(schema, true) ? new Gio.Settings({ schemaId: schema }) : null;
}
