/**
 * Makes Sugar show what a stopped restore has placed: a stop takes two seconds at most, a new index of Sugar's
 * may take longer.
 */
import type { Context } from '../context.ts';
import { healIndex } from '../journal/sugar-index.ts';
import { takeLock } from '../profile.ts';
import { openState } from '../state.ts';

/** Costs nothing where everything is shown. Throws `busy` while another run is under way. */
export async function showRestored(context: Context): Promise<void> {
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  await healIndex(context, state);
}
