/** What Escape, and the XO's game key with the cross, do on the present screen. */
import type { Event } from '../../state/event.ts';
import type { Body } from '../body.ts';
import type { AlertModel } from './alert.ts';
import type { ToolbarModel } from './toolbar.ts';

/**
 * Answers a question with no; on the page of a running restore asks whether to stop it; else goes
 * back; else closes the news. It never ends a backup: that would rest for an hour.
 */
export function escapeOf(
  { alert, toolbar, body }: { alert: AlertModel | null; toolbar: ToolbarModel; body: Body },
  isRestoring: boolean,
): Event | null {
  const no = alert?.buttons.find(({ first }) => first);
  if (no) return no.event;
  if (isRestoring && body.type === 'page' && body.cancel) return body.cancel.event;
  if (toolbar.back.sensitive) return toolbar.back.event;
  return (alert?.countdown === null ? alert.buttons[0]?.event : undefined) ?? null;
}
