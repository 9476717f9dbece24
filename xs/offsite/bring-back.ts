/**
 * Makes a library of the newest copy, on a bare new machine: with the same host key, so that laptops go on
 * without a question. Only where there is no library: nothing is overwritten. Killed anywhere, it goes on.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, namesIn, writeFileDurably } from '../../shared/system/files.ts';
import { run } from '../../shared/system/run.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { inState } from '../storage/paths.ts';
import { checkConfigured, type ResticContext, restic } from './restic.ts';

/** Where restic writes, beside what becomes of it: on the same file system. */
const ARRIVING = '.offsite-restore';
/** In it: everything has arrived, and may be moved to its place. */
const COMPLETE = '.complete';

/**
 * Fetches everything into the empty library. Afterwards each snapshot has its recipe, and `relink` gives it its
 * names. Throws `usage` where there are laptops already.
 */
export async function bringBack(context: ResticContext): Promise<void> {
  const { config } = context;
  checkConfigured(config);
  mkdirSync(config.library, { recursive: true });
  const arriving = join(config.library, ARRIVING);
  const complete = join(arriving, COMPLETE);
  if (!existsSync(complete)) {
    const [present] = laptopsIn(config);
    if (present) {
      throw new DsError('usage', `${config.library} has laptops already: ${present}`, {
        hint: 'give an empty folder: xs-backup offsite restore --library DIR --state DIR',
      });
    }
    rmSync(arriving, { recursive: true, force: true });
    await restic(context, ['restore', 'latest', '--tag', 'ds-backup', '--target', arriving]);
    await run('sync', ['--file-system', config.library], { env: context.env });
    failpoint('offsite.fetched');
    writeFileDurably(complete, '');
  }
  const from = findLibrary(arriving);
  const teachers = findFile(arriving, 'teachers.json');
  if (teachers && !existsSync(inState(config).teachers)) {
    mkdirSync(config.state, { recursive: true });
    renameSync(teachers, inState(config).teachers);
  }
  // The pool and the keys before the laptops; what has been moved is not here any more.
  for (const name of readdirSync(from).sort()) {
    rmSync(join(config.library, name), { recursive: true, force: true });
    renameSync(join(from, name), join(config.library, name));
    failpoint('offsite.placed');
  }
  rmSync(arriving, { recursive: true, force: true });
  fsyncFolder(config.library);
}

/** The folder that has the pool; restic keeps the whole path of the machine that is gone. */
function findLibrary(arriving: string): string {
  const pool = findFile(arriving, '.pool');
  if (pool) return dirname(pool);
  throw new DsError('damaged', 'the copy has no library in it', {
    hint: 'is offsite.repository the right one?',
  });
}

/** The first of this name, a level at a time: the folders above it are few. */
export function findFile(root: string, name: string): string | undefined {
  let level = [root];
  for (let depth = 0; depth < 20 && level.length > 0; depth += 1) {
    const found = level.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found) return found;
    level = level.flatMap((folder) => {
      return namesIn(folder)
        .map((child) => join(folder, child))
        .filter((child) => namesIn(child).length > 0);
    });
  }
  return undefined;
}
