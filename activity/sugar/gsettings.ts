/** Sugar's settings, which may be missing on a machine without Sugar. */
import { Gio } from '../gtk.ts';

/** The settings of this schema; null if it is not installed, which GLib itself would abort for. */
export function settingsOf(schema: string): InstanceType<typeof Gio.Settings> | null {
  const source = Gio.SettingsSchemaSource.getDefault();
  return source?.lookup(schema, true) ? new Gio.Settings({ schemaId: schema }) : null;
}
