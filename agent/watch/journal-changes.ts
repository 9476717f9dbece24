/**
 * Watches Sugar's datastore for entries that are created, changed or deleted. Reported in batches: an
 * activity may save every few seconds.
 */
import type { Bus } from '../../shared/system/bus.ts';

const STORE = { path: '/org/laptop/sugar/DataStore', iface: 'org.laptop.sugar.DataStore' };
/** A batch ends after this long without a change, in milliseconds. */
const QUIET_MS = 5000;

/**
 * Calls `onChange` once per batch, with the uids of what was created; disposing stops a pending call.
 */
export async function watchJournal(
  bus: Bus,
  onChange: (created: readonly string[]) => void,
): Promise<Disposable> {
  let timer: NodeJS.Timeout | undefined;
  const created = new Set<string>();
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const uids = [...created];
      created.clear();
      onChange(uids);
    }, QUIET_MS);
  };
  await bus.onSignal(STORE, 'Created', ([uid]) => {
    if (typeof uid === 'string') created.add(uid);
    later();
  });
  for (const member of ['Updated', 'Deleted']) await bus.onSignal(STORE, member, later);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
