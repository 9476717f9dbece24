/**
 * `snapshots`, `sums`, and the decisions about held backups.
 */
import { parseSnapshotName } from '../../shared/ids.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { dropHeld, releaseHeld } from '../ingest/held.ts';
import { readHeldNote } from '../ingest/shrink-guard.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { countMirror } from '../legacy/plan.ts';
import { listRaw } from '../legacy/raw-snapshots.ts';
import { pinnedSnapshots } from '../pins/pins.ts';
import { sha256Lines } from '../storage/sha256sum.ts';
import { findSnapshot, listHeld, listSnapshots, type Snapshot } from '../storage/snapshots.ts';
import { answer, type Command, laptopArgument } from './command.ts';

export const snapshots: Command = {
  takes: ['SERIAL'],
  summary: 'the snapshots of a laptop, newest first',
  run: (context) => {
    const { paths } = context.library;
    const serial = laptopArgument(context);
    const pins = pinnedSnapshots(paths, serial);
    const rows = listSnapshots(paths, serial).map((one) => ({
      ...shown(one),
      pinned: pins.has(one.name),
    }));
    const raw = listRaw(paths, serial).map(({ name, entries, doubt }) => ({
      ...{ name, entries, doubt },
    }));
    const mirror = countMirror(paths, serial);
    answer(context, { snapshots: rows, original: raw.reverse(), mirror }, () => [
      ...rows.map((one) => `${describe(one)}${one.pinned ? '  pinned' : ''}`),
      ...raw.map(({ name, entries }) => `${name}  ${entries} entries  not adopted yet`),
      ...(mirror > 0
        ? [`datastore-current  ${mirror} entries  the original client's mirror, for "export"`]
        : []),
    ]);
  },
};

export const sums: Command = {
  takes: ['SERIAL', 'SNAPSHOT'],
  summary: 'the SHA-256 sums of a snapshot, for "sha256sum -c" in its folder',
  run: (context) => {
    const serial = laptopArgument(context);
    const snapshot = findSnapshot(
      context.library.paths,
      serial,
      parseSnapshotName(context.args[1]),
    );
    const lines = [...sha256Lines(snapshot)];
    answer(context, { sums: lines }, () => lines);
  },
};

export const held: Command = {
  summary: 'backups held because most of a Journal was missing',
  run: (context) => {
    const { paths } = context.library;
    // Also of laptops that are not registered: their old trees may have been adopted.
    const rows = laptopsIn(paths).flatMap((serial) =>
      listHeld(paths, serial).map((one) => ({ ...shown(one), ...readHeldNote(one.folder) })),
    );
    answer(context, { held: rows }, () =>
      rows.map((one) => `${one.serial}  ${describe(one)}  ${one.detail}`),
    );
  },
};

export const release: Command = {
  takes: ['SERIAL'],
  summary: 'accept the held backups of a laptop: they become ordinary snapshots',
  run: async (context) => {
    const { library } = context;
    const serial = laptopArgument(context);
    const done = await library.workQueue.run(() => releaseHeld(library.paths, serial));
    await library.index.reindex(serial);
    library.log.info('held-released', { serial, snapshots: done.length });
    library.audit.decided('held-released', serial, { snapshots: done.length });
    answer(context, { released: done.map(({ name }) => name) }, () => [
      `${serial}: ${done.length} released`,
    ]);
  },
};

export const drop: Command = {
  takes: ['SERIAL'],
  summary: 'discard the held backups of a laptop: they move to the trash',
  run: async (context) => {
    const { library } = context;
    const serial = laptopArgument(context);
    const now = library.timeline.now();
    const done = await library.workQueue.run(() => dropHeld(library.paths, serial, now));
    library.log.info('held-dropped', { serial, snapshots: done.length });
    library.audit.decided('held-dropped', serial, { snapshots: done.length });
    answer(context, { dropped: done.map(({ name }) => name) }, () => [
      `${serial}: ${done.length} moved to the trash`,
    ]);
  },
};

function shown({ folder: _place, ...manifest }: Snapshot) {
  return manifest;
}

function describe(one: { name: string; sequence: number; entries: number; bytes: number }): string {
  return `${one.name}  #${one.sequence}  ${one.entries} entries  ${formatBytes(one.bytes)}`;
}
