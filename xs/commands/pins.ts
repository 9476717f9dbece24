/**
 * `pin`, `unpin` and `pins`: what cleanup never removes.
 */
import { parseUid, type Serial, type SnapshotName, tryParse } from '../../shared/ids.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import type { Library } from '../library.ts';
import { pinEntry, pinSnapshot, unpinEntry, unpinSnapshot } from '../pins/pinning.ts';
import {
  listPins,
  listReleased,
  type Pin,
  pinLimit,
  pinnedSnapshots,
  titleOf,
} from '../pins/pins.ts';
import { listSnapshots } from '../storage/snapshots.ts';
import {
  entryArgument,
  findName,
  laptopArgument,
  snapshotArgument,
  uidArgument,
} from './arguments.ts';
import { answer, type Command } from './command.ts';
import { columns } from './lines.ts';

export const pin: Command = {
  takes: ['LAPTOP', 'SNAPSHOT', '[UID|TITLE]'],
  summary: 'keep a snapshot, or the version of one entry in it, until it is unpinned',
  run: async (context) => {
    const { library, args } = context;
    const serial = laptopArgument(context);
    const snapshot = snapshotArgument(library.paths, serial, args[1]);
    const uid = args[2] === undefined ? undefined : entryArgument(snapshot, args[2]);
    await library.workQueue.run(() => {
      if (uid) pinEntry(library, serial, snapshot, uid, { limit: pinLimit(library, serial) });
      else pinSnapshot(library, serial, snapshot.name);
    });
    library.log.info('pinned', { serial, snapshot: snapshot.name, uid });
    library.audit.decided('pinned', serial, { snapshot: snapshot.name, ...(uid && { uid }) });
    answer(context, { pinned: uid ?? snapshot.name }, () => [`${uid ?? snapshot.name} is pinned`]);
  },
};

const PINNED = { what: 'pinned snapshot', lists: 'pins' };

export const unpin: Command = {
  takes: ['LAPTOP', 'SNAPSHOT|UID'],
  summary: 'let cleanup remove a snapshot or entry again',
  run: async (context) => {
    const { library, args } = context;
    const serial = laptopArgument(context);
    const pinned = [...pinnedSnapshots(library.paths, serial)].sort().reverse();
    const isUid = tryParse(parseUid, args[1]) !== undefined;
    const name = isUid ? undefined : findName(serial, args[1], pinned, PINNED);
    await library.workQueue.run(() => {
      if (name) unpinSnapshot(library, serial, name);
      else unpinEntry(library, serial, uidArgument(args[1]));
    });
    library.log.info('unpinned', { serial, what: name ?? args[1] });
    library.audit.decided('unpinned', serial, name ? { snapshot: name } : { uid: args[1] ?? '' });
    const what = name ?? args[1];
    answer(context, { unpinned: what }, () => [`${what} is no longer pinned`]);
  },
};

export const pins: Command = {
  onlyReads: true,
  takes: ['LAPTOP'],
  summary: 'pinned snapshots and entries, and how much of the quota they use',
  run: (context) => {
    const { library } = context;
    const serial = laptopArgument(context);
    const shown = (pin: Pin) => {
      const { folder: _place, ...one } = pin;
      return { ...one, title: titleOf(pin) };
    };
    const entries = listPins(library.paths, serial).map(shown);
    const released = listReleased(library.paths, serial).map(shown);
    const snapshots = [...pinnedSnapshots(library.paths, serial)];
    const bytes = entries.reduce((sum, one) => sum + one.bytes, 0);
    const limit = pinLimit(library, serial);
    const days = snapshotSizes(library, serial, snapshots);
    const dayBytes = days.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
    answer(context, { entries, released, snapshots, days, bytes, limit }, () => [
      ...columns(
        days.map(({ name, bytes: size }) => {
          return [name, 'a whole day', size === null ? 'no longer here' : formatBytes(size)];
        }),
      ),
      ...columns([
        ...entries.map(({ uid, title, bytes, snapshot }) => {
          return [uid, title, formatBytes(bytes), `from ${snapshot}`];
        }),
        ...released.map(({ uid, title, bytes }) => {
          return [uid, title, formatBytes(bytes), 'unpinned, but still needed by older snapshots'];
        }),
      ]),
      `${formatBytes(bytes)} of ${formatBytes(limit)} used by pinned entries`,
      ...(days.length > 0
        ? [`${formatBytes(dayBytes)} in pinned days, which count in the quota only`]
        : []),
    ]);
  },
};

/** The newest first; null for a snapshot that is not there. */
function snapshotSizes({ paths }: Library, serial: Serial, names: readonly SnapshotName[]) {
  const sizes = new Map(listSnapshots(paths, serial).map(({ name, bytes }) => [name, bytes]));
  return [...names]
    .sort()
    .reverse()
    .map((name) => ({ name, bytes: sizes.get(name) ?? null }));
}
