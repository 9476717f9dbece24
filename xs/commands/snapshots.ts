/**
 * `snapshots`, `sums`, and the decisions about held backups.
 */

import { join, relative } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { localTime } from '../../shared/words/local-time.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { olderOf } from '../admin/laptop-list.ts';
import { dropHeld, holdAgain, releaseHeld } from '../ingest/held.ts';
import { type HeldNote, readHeldNote } from '../ingest/shrink-guard.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { countMirror } from '../legacy/plan.ts';
import { listRaw } from '../legacy/raw-snapshots.ts';
import type { Library } from '../library.ts';
import { pinnedSnapshots } from '../pins/pins.ts';
import { sha256Lines } from '../storage/sha256sum.ts';
import {
  isOfTwin,
  listAside,
  listHeld,
  listSnapshots,
  type Snapshot,
} from '../storage/snapshots.ts';
import { laptopArgument, named, nickOf, snapshotArgument } from './arguments.ts';
import { answer, type Command, type CommandContext, usage } from './command.ts';
import { columns, counted } from './lines.ts';
import { ThingNames } from './thing-names.ts';

export const snapshots: Command = {
  onlyReads: true,
  takes: ['LAPTOP'],
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
    const inMirror = counted(mirror, 'entry', 'entries');
    const older = olderOf(context.library, serial);
    answer(context, { snapshots: rows, original: raw.reverse(), mirror, older }, () => [
      ...columns([
        ...rows.map((one) => [...cellsOf(one), one.pinned ? 'pinned' : '']),
        ...raw.map(({ name, entries }) => {
          return [name, '', '', counted(entries, 'entry', 'entries'), '', 'not adopted yet'];
        }),
      ]),
      ...(mirror > 0
        ? [`datastore-current  ${inMirror}  the original client's mirror, for "export"`]
        : []),
      ...(rows.length + raw.length + mirror === 0
        ? [`${named(context.library, serial)} has no snapshot of its own yet`]
        : []),
      ...older.map(({ serial: one, snapshots: days }) => {
        const what = `${counted(days, 'snapshot')}, which it may read: "xs-backup snapshots ${one}"`;
        return `of ${named(context.library, one)}, whose place it takes: ${what}`;
      }),
    ]);
  },
};

export const sums: Command = {
  onlyReads: true,
  takes: ['LAPTOP', 'SNAPSHOT'],
  summary: 'the SHA-256 sums of a snapshot, for "sha256sum -c" in its folder',
  run: (context) => {
    const { library, args } = context;
    const serial = laptopArgument(context);
    const snapshot = snapshotArgument(library.paths, serial, args[1]);
    const all = [...sha256Lines(snapshot)];
    const lines = all.flatMap((one) => ('line' in one ? [one.line] : []));
    const damaged = all.flatMap((one) => ('damaged' in one ? [one.damaged] : []));
    answer(context, { sums: lines, damaged }, () => lines);
    if (damaged.length > 0) throw sumsMissing(library, snapshot, damaged);
  },
};

/** Files in a message; more are counted. */
const NAMED = 3;

/** An error, so that it stands beside what `sha256sum` reads, not in it. */
function sumsMissing(library: Library, snapshot: Snapshot, damaged: readonly string[]): DsError {
  const { serial, name, folder } = snapshot;
  const names = new ThingNames(library.paths);
  const shown = damaged.slice(0, NAMED).map((file) => {
    const { title } = names.of(relative(library.paths.library, join(folder, file)));
    return title === '' ? file : `${file} (${JSON.stringify(title)})`;
  });
  const more = damaged.length - shown.length;
  return new DsError(
    'damaged',
    `${named(library, serial)}, ${name}: damaged, so that the sum of its content is not known: ` +
      `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    {
      hint:
        'all other sums were printed; "xs-backup scrub --all" notes the damage and repairs what it can, ' +
        '"xs-backup damage" says which day has it whole, and what to do where none has',
    },
  );
}

export const held: Command = {
  onlyReads: true,
  summary: 'backups held because most of a Journal was missing',
  run: (context) => {
    const { paths } = context.library;
    // Also of laptops that are not registered: their old trees may have been adopted.
    const rows = laptopsIn(paths).flatMap((serial) =>
      listAside(paths, serial).map((one) => ({ ...shown(one), ...noteOf(one) })),
    );
    answer(context, { held: rows }, () =>
      rows.length === 0
        ? ['no backup is held aside']
        : columns(
            rows.map((one) => [
              ...[one.serial, nickOf(context.library, one.serial)],
              ...[...cellsOf(one), one.detail],
            ]),
          ),
    );
  },
};

/** Why it is held aside. */
function noteOf(one: Snapshot): HeldNote {
  if (!isOfTwin(one)) return readHeldNote(one.folder);
  return { reason: 'twin', detail: `another laptop of this name: "xs-backup twins ${one.serial}"` };
}

export const release: Command = {
  takes: ['LAPTOP', '[undo]'],
  summary: 'accept the held backups of a laptop: they become ordinary snapshots; "undo": not so',
  run: async (context) => {
    const { library, args } = context;
    const serial = laptopArgument(context);
    if (args[1] === 'undo') return undoRelease(context, serial);
    if (args[1] !== undefined) throw usage('the arguments are LAPTOP or "LAPTOP undo"');
    checkHeld(library, serial);
    const done = await library.workQueue.run(() => releaseHeld(library.paths, serial));
    await library.index.reindex(serial);
    library.log.info('held-released', { serial, snapshots: done.length });
    library.audit.decided('held-released', serial, { snapshots: done.length });
    answer(context, { released: done.map(({ name }) => name) }, () => [
      `${named(library, serial)}: ${counted(done.length, 'backup')} released`,
      `"xs-backup release ${serial} undo" holds them aside again, until its next backup`,
    ]);
  },
};

async function undoRelease(context: CommandContext, serial: Serial): Promise<void> {
  const { library } = context;
  const done = await library.workQueue.run(() => holdAgain(library.paths, serial));
  if (done.length === 0) {
    throw new DsError('not-found', `nothing of ${named(library, serial)} can be held aside again`, {
      hint: 'that is possible until its next backup; what was stored before it is there all the same',
    });
  }
  await library.index.reindex(serial);
  library.log.info('held-again', { serial, snapshots: done.length });
  library.audit.decided('held-again', serial, { snapshots: done.length });
  answer(context, { held: done.map(({ name }) => name) }, () => [
    `${named(library, serial)}: ${counted(done.length, 'backup')} held aside again`,
  ]);
}

export const drop: Command = {
  takes: ['LAPTOP'],
  summary: 'discard the held backups of a laptop: they move to the trash',
  run: async (context) => {
    const { library } = context;
    const serial = laptopArgument(context);
    checkHeld(library, serial);
    const now = library.timeline.now();
    const done = await library.workQueue.run(() => dropHeld(library.paths, serial, now));
    library.log.info('held-dropped', { serial, snapshots: done.length });
    library.audit.decided('held-dropped', serial, { snapshots: done.length });
    answer(context, { dropped: done.map(({ name }) => name) }, () => [
      `${named(library, serial)}: ${counted(done.length, 'backup')} moved to the trash`,
    ]);
  },
};

/** Throws `not-found`: nothing was decided where there was nothing to decide about. */
function checkHeld(library: Library, serial: Serial): void {
  if (listHeld(library.paths, serial).length > 0) return;
  throw new DsError('not-found', `nothing of ${named(library, serial)} is held aside`, {
    hint: '"xs-backup held" lists what is',
  });
}

function shown({ folder: _place, ...manifest }: Snapshot) {
  return manifest;
}

function cellsOf(one: Pick<Snapshot, 'name' | 'sequence' | 'created' | 'entries' | 'bytes'>) {
  const { name, sequence, created, entries, bytes } = one;
  const size = formatBytes(bytes);
  return [name, `#${sequence}`, localTime(created), counted(entries, 'entry', 'entries'), size];
}
