/**
 * Watches Sugar's datastore for entries that are created, changed or deleted. Reported in batches: an
 * activity may save every few seconds.
 */
import type { Bus } from '../../shared/system/bus.ts';

const STORE = { path: '/org/laptop/sugar/DataStore', iface: 'org.laptop.sugar.DataStore' };
/** A batch ends after this long without a change, in milliseconds. */
const QUIET_MS = 5000;

/** Calls `onChange` once per batch; disposing stops a pending call. */
export async function watchJournal(bus: Bus, onChange: () => void): Promise<Disposable> {
  let timer: NodeJS.Timeout | undefined;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, QUIET_MS);
  };
  for (const member of ['Created', 'Updated', 'Deleted']) await bus.onSignal(STORE, member, later);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
