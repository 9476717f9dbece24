/**
 * `adopt`: makes our snapshots of what the original program left.
 */
import { readdirSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { parseSerial, type Serial, type SnapshotName, tryParse } from '../../shared/ids.ts';
import { lockFile } from '../../shared/lock.ts';
import { type AdoptedTree, adoptLaptop } from '../adopt.ts';
import type { Library } from '../library.ts';
import { inLaptop } from '../paths.ts';
import { listRaw } from '../raw-snapshots.ts';
import { listSnapshots } from '../snapshots.ts';
import { discard } from '../trash.ts';
import { answer, type Command, type CommandContext } from './command.ts';

export const adopt: Command = {
  synopsis: 'adopt [SERIAL] [--dry-run]',
  summary: "convert the original program's snapshots, in the same space",
  run: async (context) => {
    const { library, args, flags, print } = context;
    const serials = args[0] === undefined ? laptopFolders(library) : [parseSerial(args[0])];
    for (const serial of serials) {
      const trees = listRaw(library.paths, serial);
      if (trees.length === 0) continue;
      if (flags['dry-run']) {
        const entries = trees.reduce((sum, tree) => sum + tree.entries, 0);
        print(`${serial}  ${trees.length} snapshots to adopt, ${entries} entries\n`);
        continue;
      }
      const done = await library.turns.run(() => adoptOne(context, serial));
      report(context, serial, done);
    }
  },
};

/** Also laptops that are not registered here: their folders may be older than this program. */
function laptopFolders({ paths }: Library): Serial[] {
  return readdirSync(paths.library).flatMap((name) => tryParse(parseSerial, name) ?? []);
}

async function adoptOne({ library, signal }: CommandContext, serial: Serial) {
  const { paths, clock, env, store } = library;
  const waitSeconds = 60; // a backup that is under way may end first
  await using _quiet = await lockFile(inLaptop(paths, serial).sessionLock, {
    ...{ env, waitSeconds, signal },
  }).catch((cause: unknown) => {
    throw new DsError('busy', `${serial} is sending a backup`, { retry: true, cause });
  });
  const done = await adoptLaptop(library, serial, {
    signal,
    discard: (folder: string, name: SnapshotName) =>
      discard(paths, serial, folder, 'adopted', clock.now(), name),
  });
  await store.replaceSnapshots(serial, listSnapshots(paths, serial));
  return done;
}

function report(context: CommandContext, serial: Serial, done: readonly AdoptedTree[]): void {
  answer(context, { serial, adopted: done }, () => [
    `${serial}  ${done.length} adopted; the trees they were made from are in the trash`,
    ...done.flatMap(({ name, held, leftOut }) => [
      ...(held ? [`  ${name}  was half made: held, see "xs-backup held"`] : []),
      ...leftOut.map(({ what, reason }) => `  ${name}  without ${what}: ${reason}`),
    ]),
  ]);
}
