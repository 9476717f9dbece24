/**
 * Content from the copy into the pool: the files that are wanted, or all of them, by parts of the pool. Nothing that
 * is there already is fetched again, so a killed one goes on.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, parseDigest, tryParse } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, namesIn } from '../../shared/system/files.ts';
import { run } from '../../shared/system/run.ts';
import { contentAt } from '../storage/checked-entry.ts';
import { inLibrary, inPool, type Paths } from '../storage/paths.ts';
import { findRestored, type ResticContext, restic, TAGGED } from './restic.ts';

/** Restic compares each file of a part with each of these: so many take it less than a second. */
const MAX_PATTERNS = 4000;
/** The pool has 256 folders; whole ones come by so many at a time. */
const FOLDERS_EACH = 16;

export async function fetchContents(
  context: ResticContext,
  wanted: readonly Digest[] | 'all',
): Promise<void> {
  if (wanted === 'all') {
    for (let part = 0; part < 256 / FOLDERS_EACH; part += 1) {
      await fetchPart(context, [`.pool/${part.toString(16)}?`]);
    }
    return;
  }
  const absent = [...new Set(wanted)].filter(
    (digest) => !existsSync(inPool(context.config, digest).file(0)),
  );
  // Neighbours together: restic passes over all other folders.
  absent.sort();
  for (let at = 0; at < absent.length; at += MAX_PATTERNS) {
    const some = absent.slice(at, at + MAX_PATTERNS);
    await fetchPart(
      context,
      some.map((digest) => `.pool/${digest.slice(0, 2)}/${digest}`),
    );
  }
}

async function fetchPart(context: ResticContext, patterns: readonly string[]): Promise<void> {
  const { config, env } = context;
  const { fetched } = inLibrary(config);
  rmSync(fetched, { recursive: true, force: true });
  mkdirSync(fetched, { recursive: true, mode: 0o700 });
  const includes = patterns.flatMap((pattern) => ['--include', pattern]);
  await restic(context, ['restore', 'latest', ...TAGGED, ...includes, '--target', fetched]);
  await run('sync', ['--file-system', fetched], { env });
  failpoint('offsite.part');
  const pool = findRestored(fetched, '.pool');
  if (pool) for (const shard of namesIn(pool)) await intoPool(config, join(pool, shard));
  rmSync(fetched, { recursive: true, force: true });
}

/** Nothing is in the pool that does not have its digest. */
async function intoPool(paths: Paths, shard: string): Promise<void> {
  let target: string | undefined;
  for (const name of readdirSync(shard)) {
    const digest = tryParse(parseDigest, name.slice(0, 64));
    if (!digest) continue;
    const { folder, file } = inPool(paths, digest);
    if (existsSync(file(0)) || (await contentAt(join(shard, name)))?.digest !== digest) continue;
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    renameSync(join(shard, name), file(0));
    target = folder;
  }
  if (target) fsyncFolder(target);
}
