/**
 * Sugar's alert: a black strip with a title, a text and buttons. It takes the focus only for a
 * question.
 */
import { type Box, type Button, Gtk, Pango } from '../gtk.ts';
import { imageOf } from './icon.ts';
import type { Look } from './look.ts';
import { escapeMarkup } from './palette.ts';

export interface AlertButton {
  icon: string;
  label: string;
  onClick(): void;
  /** Gets the focus when the alert appears, so that Enter presses it. */
  first?: boolean;
}

export interface AlertOptions {
  title: string;
  text: string;
  icon?: string;
  buttons: readonly AlertButton[];
  /** Seconds left, shown on the last button. */
  countdown?: number;
}

export interface AlertWidget {
  widget: InstanceType<typeof Gtk.EventBox>;
  setCountdown(seconds: number): void;
}

export function createAlert(look: Look, options: AlertOptions): AlertWidget {
  const { spacing, smallIcon } = look.sizes;
  const widget = new Gtk.EventBox();
  widget.getStyleContext().addClass('ds-alert');
  widget.getAccessible().setName(`${options.title} ${options.text}`.trim());
  widget.getAccessible().setRole(ROLE_ALERT);
  const row = new Gtk.Box({ spacing });
  row.setBorderWidth(spacing);
  if (options.icon) {
    row.packStart(imageOf(look.icons.named(options.icon, smallIcon)), false, false, 0);
  }
  row.packStart(words(options), true, true, 0);
  let countdown: InstanceType<typeof Gtk.Label> | undefined;
  for (const [index, button] of options.buttons.entries()) {
    const made = alertButton(look, button);
    if (options.countdown !== undefined && index === options.buttons.length - 1) {
      countdown = new Gtk.Label({ label: String(options.countdown) });
      (made.getChild() as unknown as Box).packStart(countdown, false, false, 0);
    }
    row.packStart(made, false, false, 0);
    if (button.first) made.on('map', () => made.grabFocus());
  }
  widget.add(row);
  const setCountdown = (seconds: number) => countdown?.setText(String(seconds));
  return { widget, setCountdown };
}

/** Atk.Role.ALERT as a number, which saves loading that enumeration. */
const ROLE_ALERT = 2;

function words({ title, text }: AlertOptions): Box {
  const box = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
  box.setValign(Gtk.Align.CENTER);
  for (const markup of [title && `<b>${escapeMarkup(title)}</b>`, escapeMarkup(text)]) {
    if (!markup) continue;
    const label = new Gtk.Label();
    label.setMarkup(markup);
    label.setXalign(0);
    label.setLineWrap(true);
    label.setLineWrapMode(Pango.WrapMode.WORD_CHAR);
    label.setEllipsize(Pango.EllipsizeMode.END);
    label.setLines(2);
    box.packStart(label, false, false, 0);
  }
  return box;
}

function alertButton(look: Look, { icon, label, onClick }: AlertButton): Button {
  const button = new Gtk.Button();
  const inside = new Gtk.Box({ spacing: look.sizes.padding });
  inside.packStart(imageOf(look.icons.named(icon, look.sizes.smallIcon)), false, false, 0);
  inside.packStart(new Gtk.Label({ label }), false, false, 0);
  button.add(inside);
  button.getAccessible().setName(label);
  button.setValign(Gtk.Align.CENTER);
  button.on('clicked', onClick);
  return button;
}
