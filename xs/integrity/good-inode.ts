/** Finds a copy of content in the pool that was read and found whole just now. */
import { lstatSync } from 'node:fs';
import type { Digest } from '../../shared/ids.ts';
import { contentAt } from '../storage/checked-entry.ts';
import type { DamageRegister } from '../storage/damage-register.ts';

/**
 * The first of the pool's `files` whose content has this digest; undefined for none. All are read,
 * and bad ones are quarantined.
 */
export async function goodInode(
  damage: DamageRegister,
  digest: Digest,
  files: readonly string[] = [],
  signal?: AbortSignal,
): Promise<string | undefined> {
  let good: string | undefined;
  for (const path of files) {
    const ino = inodeOf(path);
    if (ino === undefined) continue;
    const found = await contentAt(path, signal);
    if (found?.digest === digest) good ??= path;
    else if (inodeOf(path) === ino) damage.quarantine(digest, path);
  }
  return good && inodeOf(good) !== undefined ? good : undefined;
}

/** Undefined where there is nothing. */
export function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}
