/**
 * `export`: writes a snapshot as a plain Journal, wherever it is: kept, held, in the trash, or in the
 * original program's format, its mirror included. Runs at the terminal with that user's rights, and only reads the library.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { parseSerial, parseSnapshotName, type Serial } from '../../shared/ids.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { type ExportSource, exportJournal } from '../legacy/export.ts';
import { listRaw } from '../legacy/raw-snapshots.ts';
import { readReplaced } from '../registration/alias-files.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { listHeld, listSnapshots, readManifest } from '../storage/snapshots.ts';
import { listTrash } from '../storage/trash.ts';
import { type LocalCommand, usage } from './command.ts';

/** What the original client writes into. */
const MIRROR = 'datastore-current';

export const exportCommand: LocalCommand = {
  takes: ['SERIAL', 'SNAPSHOT', 'DIR'],
  flags: ['keep-going'],
  summary: 'write a snapshot as a plain Journal that Sugar can open',
  run: async ({ paths, args, flags, print, progress, signal }) => {
    const [serialText, nameText, target] = args;
    if (target === undefined) throw usage('export needs SERIAL, SNAPSHOT and DIR');
    const serial = parseSerial(serialText);
    const source =
      nameText === MIRROR ? findMirror(paths, serial) : findSource(paths, serial, nameText);
    const keepGoing = flags['keep-going'] ?? false;
    const done = await exportJournal(source, target, {
      ...{ signal, keepGoing, kept: { paths, serials: [serial, ...readReplaced(paths, serial)] } },
      onProgress: ({ entries, of }) => progress({ done: entries, of, text: 'entries' }),
    });
    if (flags.json) return print(`${JSON.stringify(done)}\n`);
    print(`${done.entries} entries, ${formatBytes(done.bytes)} in ${target}\n`);
    for (const { what, reason } of done.leftOut) print(`  without ${what}: ${reason}\n`);
    if (done.leftOut.some(({ reason }) => /\b(EACCES|EPERM)\b/.test(reason))) {
      print('  this user may not read all of it; run the command with sudo\n');
    }
    for (const { what, reason } of done.repaired) {
      print(`  changed, or Sugar would delete it: ${what}: ${reason}\n`);
    }
  },
};

/** The original client's mirror may be half written, and is sometimes the only newest state. */
function findMirror(paths: Paths, serial: Serial): ExportSource {
  const { original } = inLaptop(paths, serial);
  const found = lstatSync(original, { throwIfNoEntry: false });
  if (found?.isDirectory() && readdirSync(original).length > 0) return { raw: original };
  throw new DsError('not-found', `${serial} has no ${MIRROR}, or an empty one`, {
    hint: `"xs-backup snapshots ${serial}" lists what there is`,
  });
}

function findSource(paths: Paths, serial: Serial, nameText: string | undefined): ExportSource {
  const name = parseSnapshotName(nameText);
  const known = [...listSnapshots(paths, serial), ...listHeld(paths, serial)];
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
