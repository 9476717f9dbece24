/**
 * Puts the window on the screen and keeps it in step with the agent.
 */

import type { ActivityConfig } from './config.ts';
import { addStyle, Gtk } from './gtk.ts';
import { ActivityWindow } from './sugar/activity-window.ts';
import { Icons } from './sugar/icons.ts';
import { type Look, sugarCss } from './sugar/look.ts';
import { Palette } from './sugar/palette.ts';
import { applyTheme, nameProgram, readChild } from './sugar/settings.ts';
import { sizesFor } from './sugar/style.ts';
import { ToolButton, ToolbarBox } from './sugar/toolbar-box.ts';

export function startActivity(config: ActivityConfig, exit: () => void): void {
  nameProgram('Backup');
  Gtk.init([]);
  applyTheme(config.scaling, false);
  const child = readChild();
  const sizes = sizesFor(config.scaling);
  const look: Look = {
    sizes,
    icons: new Icons(config.bundlePath),
    colours: child.colours,
    rightToLeft: false,
  };
  addStyle(sugarCss(sizes));
  const toolbar = new ToolbarBox(look);
  toolbar.add(
    new ToolButton(look, {
      icon: 'backup-backup',
      label: 'Back up now',
      onClick: () => {},
      palette: new Palette(look, 'Back up now'),
    }),
  );
  toolbar.addSeparator(true);
  toolbar.add(new ToolButton(look, { icon: 'activity-stop', label: 'Stop', onClick: exit }));
  const window = new ActivityWindow(toolbar.widget, {
    bundleId: config.bundleId,
    activityId: config.activityId,
    title: 'Backup',
    onClose: exit,
  });
  window.window.showAll();
  void connect(config);
  Gtk.main();
}

async function connect(config: ActivityConfig): Promise<void> {
  const { default: dbus } = await import('dbus-next');
  const { serveShell } = await import('./sugar/shell.ts');
  const bus = dbus.sessionBus(config.busAddress ? { busAddress: config.busAddress } : {});
  await serveShell(bus, config.activityId, { onActive: () => {} });
}
