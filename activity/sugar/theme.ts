/** Sugar's look for GTK: theme, icon theme, font, direction. */
import { GLib, Gtk } from '../gtk.ts';
import { settingsOf } from './gsettings.ts';

/** Applies Sugar's theme, icon theme, font and text direction to GTK. */
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

/** The program's name in window lists. */
export function nameProgram(name: string): void {
  GLib.setPrgname('org.sugarlabs.Backup');
  GLib.setApplicationName(name);
}

function fontName(): string {
  const settings = settingsOf('org.sugarlabs.font');
  if (!settings) return 'Sans Serif 10';
  return `${settings.getString('default-face')} ${settings.getDouble('default-size')}`;
}
