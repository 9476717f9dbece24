/**
 * Sugar's datastore says when an entry was made, changed or deleted. Told in heaps: a child who draws
 * saves every few seconds.
 */
import type { Bus } from '../../shared/system/bus.ts';

const STORE = { path: '/org/laptop/sugar/DataStore', face: 'org.laptop.sugar.DataStore' };
/** Quiet for so long, in milliseconds, before it is told. */
const QUIET_MS = 5000;

/** Calls `onChange` once after a heap of changes; disposing stops it. */
export async function watchJournal(bus: Bus, onChange: () => void): Promise<Disposable> {
  let timer: NodeJS.Timeout | undefined;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, QUIET_MS);
  };
  for (const member of ['Created', 'Updated', 'Deleted']) await bus.onSignal(STORE, member, later);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
