/**
 * `export`: writes a snapshot as a plain Journal, wherever it is: kept, held, in the trash, or in the
 * original program's format, its mirror included. Runs at the terminal with that user's rights, and only reads the library.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { DsError, isSystemError } from '../../shared/errors.ts';
import { parseSnapshotName, type Serial, type SnapshotName, tryParse } from '../../shared/ids.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { type ExportSource, exportJournal } from '../legacy/export.ts';
import { listRaw } from '../legacy/raw-snapshots.ts';
import { readReplaced } from '../registration/alias-files.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { listAside, listSnapshots, readManifest } from '../storage/snapshots.ts';
import { listTrash } from '../storage/trash.ts';
import { findName, localLaptop, olderDays } from './arguments.ts';
import { whyNotWritten } from './away/not-written.ts';
import { type LocalCommand, NEEDS_ATTENTION, usage } from './command.ts';
import { counted } from './lines.ts';

/** What the original client writes into. */
const MIRROR = 'datastore-current';

export const exportCommand: LocalCommand = {
  takes: ['LAPTOP', 'SNAPSHOT', 'DIR'],
  flags: ['keep-going'],
  summary: 'write a snapshot as a plain Journal that Sugar can open',
  run: async ({ paths, args, flags, print, progress, signal }) => {
    const [serialText, nameText, target] = args;
    if (target === undefined) throw usage('export needs LAPTOP, SNAPSHOT and DIR');
    const serial = localLaptop(paths, serialText);
    const source =
      nameText === MIRROR
        ? findMirror(paths, serial)
        : findSource(paths, serial, nameOf(paths, serial, nameText));
    const keepGoing = flags['keep-going'] ?? false;
    const done = await exportJournal(source, target, {
      ...{ signal, keepGoing, kept: { paths, serials: [serial, ...readReplaced(paths, serial)] } },
      onProgress: ({ entries, of }) => progress({ done: entries, of, text: 'entries' }),
    }).catch((cause: unknown) => {
      if (!isSystemError(cause)) throw cause;
      const hint = whyNotWritten(cause, 'give a folder that does not exist yet');
      throw new DsError('bad-input', `cannot write ${target}: ${cause.message}`, { hint, cause });
    });
    const code = done.leftOut.length > 0 ? NEEDS_ATTENTION : 0;
    if (flags.json) {
      print(`${JSON.stringify(done)}\n`);
      return code;
    }
    print(
      `${counted(done.entries, 'entry', 'entries')}, ${formatBytes(done.bytes)} in ${target}\n`,
    );
    for (const { what, reason } of done.leftOut) print(`  without ${what}: ${reason}\n`);
    if (done.leftOut.some(({ reason }) => /\b(EACCES|EPERM)\b/.test(reason))) {
      print('  this user may not read all of it; run the command with sudo\n');
    }
    for (const { what, reason } of done.repaired) {
      print(`  changed, or Sugar would delete it: ${what}: ${reason}\n`);
    }
    return code;
  },
};

function nameOf(paths: Paths, serial: Serial, text: string | undefined): SnapshotName {
  return findName(serial, text, namesOf(paths, serial), { older: olderDays(paths, serial) });
}

/** Ordinary ones first, the newest first; so "latest" is never one that is held aside or removed. */
function namesOf(paths: Paths, serial: Serial): SnapshotName[] {
  const names = [...listSnapshots(paths, serial), ...listAside(paths, serial)].map(
    ({ name }) => name,
  );
  const raw = listRaw(paths, serial).map(({ name }) => name);
  const removed = listTrash(paths, serial).flatMap(
    ({ name }) => tryParse(parseSnapshotName, name) ?? [],
  );
  return [...new Set([...names, ...raw.reverse(), ...removed])];
}

/** The original client's mirror may be half written, and is sometimes the only newest state. */
function findMirror(paths: Paths, serial: Serial): ExportSource {
  const { original } = inLaptop(paths, serial);
  const found = lstatSync(original, { throwIfNoEntry: false });
  if (found?.isDirectory() && readdirSync(original).length > 0) return { raw: original };
  throw new DsError('not-found', `${serial} has no ${MIRROR}, or an empty one`, {
    hint: `"xs-backup snapshots ${serial}" lists what there is`,
  });
}

function findSource(paths: Paths, serial: Serial, name: SnapshotName): ExportSource {
  const known = [...listSnapshots(paths, serial), ...listAside(paths, serial)];
  const snapshot = known.find((one) => one.name === name);
  if (snapshot) return { snapshot };
  const raw = listRaw(paths, serial).find((tree) => tree.name === name);
  if (raw) return { raw: raw.folder };
  const item = listTrash(paths, serial).findLast((one) => one.name === name);
  if (!item) {
    throw new DsError('not-found', `${serial} has no snapshot ${name}`, {
      hint: '"xs-backup snapshots" and "xs-backup trash" list them',
    });
  }
  const manifest = readManifest(item.folder);
  if (!manifest) return { raw: item.folder };
  return { snapshot: { ...manifest, name, folder: item.folder } };
}
