/** Sugar's text field with an icon, as in the Journal's search. */
import { type Entry, Gtk, type Pixbuf } from '../gtk.ts';
import type { Look } from './look.ts';
import { COLORS } from './style.ts';

const INK = { stroke: COLORS.toolbar, fill: COLORS.toolbar };

/** A text field with this icon at its start; `hint` is its placeholder and accessible name. */
export function createIconEntry({ sizes, icons }: Look, icon: string, hint: string): Entry {
  const entry = new Gtk.Entry();
  entry.setPlaceholderText(hint);
  entry.getAccessible().setName(hint);
  entry.setSizeRequest(sizes.zoom(230), sizes.zoom(45));
  entry.setValign(Gtk.Align.CENTER);
  const picture = icons.named(icon, sizes.zoom(24), INK);
  if (picture) entry.setIconFromPixbuf(Gtk.EntryIconPosition.PRIMARY, picture);
  addClearButton(entry, icons.named('entry-cancel', sizes.zoom(24), INK));
  return entry;
}

/** A cross at the end that empties the field, there while it holds anything. */
function addClearButton(entry: Entry, cross: Pixbuf | null): void {
  const { SECONDARY } = Gtk.EntryIconPosition;
  const show = () => entry.setIconFromPixbuf(SECONDARY, entry.getText() === '' ? null : cross);
  entry.on('changed', show);
  entry.on('icon-press', (position) => {
    if (position === SECONDARY) entry.setText('');
  });
}
