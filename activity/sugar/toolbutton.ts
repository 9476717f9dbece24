/** A button of a toolbar: a large icon whose name and further actions are in its palette. */
import { Gtk, type Widget } from '../gtk.ts';
import { imageOf } from './icon.ts';
import type { Look } from './look.ts';
import type { Palette } from './palette.ts';

type GtkToolButton = InstanceType<typeof Gtk.ToolButton>;

export interface ToolButtonOptions {
  icon: string | null;
  /** Title of the palette and accessible name. */
  label: string;
  onClick(): void;
  palette?: Palette;
}

export class ToolButton {
  readonly widget: GtkToolButton;
  readonly #look: Look;
  readonly #palette: Palette | undefined;
  #icon: string | null = null;

  constructor(look: Look, options: ToolButtonOptions) {
    this.#look = look;
    this.#palette = options.palette;
    this.widget = new Gtk.ToolButton();
    this.setIcon(options.icon);
    this.widget.on('clicked', () => {
      options.palette?.popdown();
      options.onClick();
    });
    const button = this.widget.getChild();
    button?.setSizeRequest(
      look.sizes.cell - look.sizes.zoom(12),
      look.sizes.cell - look.sizes.zoom(12),
    );
    button?.getAccessible().setName(options.label);
    if (button) options.palette?.attach(button, true);
    const icon = this.widget.getIconWidget();
    if (icon) options.palette?.pointAt(icon);
  }

  setIcon(name: string | null): void {
    if (name === null || name === this.#icon) return;
    this.#icon = name;
    this.setPicture(imageOf(this.#look.icons.named(name, this.#look.sizes.icon)));
  }

  setPicture(image: Widget): void {
    image.show();
    this.widget.setIconWidget(image);
    this.#palette?.pointAt(image);
  }

  setSensitive(sensitive: boolean): void {
    this.widget.setSensitive(sensitive);
  }
}
