/**
 * `pin`, `unpin` and `pins`: what cleanup never removes.
 */
import { parseSnapshotName, parseUid, tryParse } from '../../shared/ids.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { pinEntry, pinSnapshot, unpinEntry, unpinSnapshot } from '../pins/pinning.ts';
import { listPins, listReleased, type Pin, pinLimit, pinnedSnapshots } from '../pins/pins.ts';
import { findSnapshot } from '../storage/snapshots.ts';
import { answer, type Command, laptopArgument } from './command.ts';

export const pin: Command = {
  takes: ['SERIAL', 'SNAPSHOT', '[UID]'],
  summary: 'keep a snapshot, or the version of one entry in it, until it is unpinned',
  run: async (context) => {
    const { library, args } = context;
    const serial = laptopArgument(context);
    const snapshot = findSnapshot(library.paths, serial, parseSnapshotName(args[1]));
    const uid = args[2] === undefined ? undefined : parseUid(args[2]);
    await library.workQueue.run(() => {
      if (uid) pinEntry(library, serial, snapshot, uid, { limit: pinLimit(library) });
      else pinSnapshot(library, serial, snapshot.name);
    });
    library.log.info('pinned', { serial, snapshot: snapshot.name, uid });
    library.audit.decided('pinned', serial, { snapshot: snapshot.name, ...(uid && { uid }) });
    answer(context, { pinned: uid ?? snapshot.name }, () => [`${uid ?? snapshot.name} is pinned`]);
  },
};

export const unpin: Command = {
  takes: ['SERIAL', 'SNAPSHOT|UID'],
  summary: 'let cleanup remove a snapshot or entry again',
  run: async (context) => {
    const { library, args } = context;
    const serial = laptopArgument(context);
    const name = tryParse(parseSnapshotName, args[1]);
    await library.workQueue.run(() => {
      if (name) unpinSnapshot(library, serial, name);
      else unpinEntry(library, serial, parseUid(args[1]));
    });
    library.log.info('unpinned', { serial, what: args[1] });
    library.audit.decided('unpinned', serial, name ? { snapshot: name } : { uid: args[1] ?? '' });
    answer(context, { unpinned: args[1] }, () => [`${args[1]} is no longer pinned`]);
  },
};

export const pins: Command = {
  takes: ['SERIAL'],
  summary: 'pinned snapshots and entries, and how much of the quota they use',
  run: (context) => {
    const { library } = context;
    const serial = laptopArgument(context);
    const shown = ({ folder: _place, ...one }: Pin) => one;
    const entries = listPins(library.paths, serial).map(shown);
    const released = listReleased(library.paths, serial).map(shown);
    const snapshots = [...pinnedSnapshots(library.paths, serial)];
    const bytes = entries.reduce((sum, one) => sum + one.bytes, 0);
    const limit = pinLimit(library);
    answer(context, { entries, released, snapshots, bytes, limit }, () => [
      ...snapshots.map((name) => name),
      ...entries.map((one) => `${one.uid}  ${formatBytes(one.bytes)}  from ${one.snapshot}`),
      ...released.map(
        (one) =>
          `${one.uid}  ${formatBytes(one.bytes)}  unpinned, but still needed by older snapshots`,
      ),
      `${formatBytes(bytes)} of ${formatBytes(limit)} used by pinned entries`,
    ]);
  },
};
