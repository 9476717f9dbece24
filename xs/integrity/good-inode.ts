/** Finds a copy of content in the pool that was read and found whole just now. */
import { lstatSync } from 'node:fs';
import type { Digest } from '../../shared/ids.ts';
import { contentAt } from '../storage/checked-entry.ts';
import type { DamageRegister } from '../storage/damage-register.ts';

/**
 * Files of the pool that were read during one check and found whole, so that a thousand names of the same
 * content do not read it a thousand times.
 */
export class ReadFiles {
  readonly #stamps = new Map<string, string>();
  readonly #onFirst: (path: string) => void;

  /** `onFirst` is called for each file that is found whole. */
  constructor(onFirst: (path: string) => void = () => {}) {
    this.#onFirst = onFirst;
  }

  has(path: string): boolean {
    const stamp = this.#stamps.get(path);
    return stamp !== undefined && stamp === stampOf(path);
  }

  add(path: string): void {
    this.#onFirst(path);
    const stamp = stampOf(path);
    if (stamp !== undefined) this.#stamps.set(path, stamp);
  }
}

/** Not by ctime, which each link changes. */
function stampOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}

export interface GoodOptions {
  signal?: AbortSignal | undefined;
  /** Those in it are not read again. */
  read?: ReadFiles | undefined;
}

/**
 * The first of the pool's `files` whose content has this digest; undefined for none. All are read,
 * and bad ones are quarantined.
 */
export async function goodInode(
  damage: DamageRegister,
  digest: Digest,
  files: readonly string[] = [],
  { signal, read }: GoodOptions = {},
): Promise<string | undefined> {
  let good: string | undefined;
  for (const path of files) {
    const ino = inodeOf(path);
    if (ino === undefined) continue;
    if (!damage.isDamaged(ino) && read?.has(path)) good ??= path;
    else {
      const found = await contentAt(path, signal);
      if (found?.digest === digest) {
        good ??= path;
        read?.add(path);
      } else if (inodeOf(path) === ino) damage.quarantine(digest, path);
    }
  }
  return good && inodeOf(good) !== undefined ? good : undefined;
}

/** Undefined where there is nothing. */
export function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}
