/**
 * The pool: every content once, named by its SHA-256, shared by hard links (X7). The link count of
 * the file system is the only reference count.
 *
 * Content gets a name here only after it was read, compared with its digest and made durable, so a
 * power cut cannot leave a name with other bytes behind it.
 */
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { DamageRegister, pooledFiles } from './damage-register.ts';
import { type Ownership, takeOver } from './ownership.ts';
import { inPool, type Paths } from './paths.ts';

/** ext4 allows 65,000 links an inode, others less; BackupPC stops at 31,999. */
export const MAX_LINKS = 30_000;

export interface Pool {
  /** What of it is known to be damaged. */
  readonly damage: DamageRegister;
  /**
   * Gives `target` the content with this digest, which `source` holds (verified and durable, on the
   * same file system). A source only we can reach becomes the pool's inode if it has none yet.
   */
  place(source: string, digest: Digest, target: string): void;
  /**
   * Like place(), but the source's inode becomes the pool's own even when it has other names: they
   * are of an old library that nobody writes in place. Costs no space. Copies what we may not own.
   */
  adopt(source: string, digest: Digest, target: string): void;
  /**
   * Gives `target` the content that `held`, a file of an earlier snapshot, has: a link, or a fresh
   * inode when that one has its links. Returns its size in bytes. Throws `damaged` where it is known
   * to be.
   */
  share(held: string, digest: () => Digest, target: string): number;
  /** The file of a snapshot if nothing bad is known of it, or else the pool's own, if there is one. */
  sound(held: string, digest: Digest, size?: number): string | undefined;
  /** Quarantines the inode of `held`, which was found to be other content than its digest says. */
  condemn(held: string, digest: Digest): void;
}

/** Gives `path` to the source's content; `maxLinks` is what an inode may have. */
type MakeInode = (ownership: Ownership, source: string, path: string, maxLinks: number) => void;

export function openPool(
  paths: Paths,
  ownership: Ownership,
  maxLinks = MAX_LINKS,
  damage = new DamageRegister(paths),
): Pool {
  const pooledOf = (digest: Digest) => pooledFiles(paths, [digest]).get(digest) ?? [];
  /** The inode with room for one more link; made from `source` when there is none. */
  const inodeFor = (
    digest: Digest,
    source: string,
    verified: boolean,
    make: MakeInode = makeInode,
  ): string => {
    const { folder, file } = inPool(paths, digest);
    const size = lstatSync(source).size;
    for (let n = 0; ; n += 1) {
      const path = file(n);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.size === size && stat.nlink < maxLinks) return path;
      if (stat?.size === size) continue;
      // One of the two is damaged: it is the one here if the other was just read.
      if (stat && !verified) continue;
      if (stat) damage.quarantine(digest, path);
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      make(ownership, source, path, maxLinks);
      return path;
    }
  };
  return {
    damage,
    place: (source, digest, target) => linkSync(inodeFor(digest, source, true), target),
    adopt: (source, digest, target) => linkSync(inodeFor(digest, source, true, adoptInode), target),
    share: (held, digest, target) => {
      const stat = lstatSync(held);
      if (damage.isDamaged(stat.ino)) throw new DsError('damaged', `${held} is damaged`);
      if (stat.nlink < maxLinks) linkSync(held, target);
      else linkSync(inodeFor(digest(), held, false), target);
      return stat.size;
    },
    sound: (held, digest, size) => {
      const isSound = (path: string) => {
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (!stat?.isFile() || damage.isDamaged(stat.ino)) return false;
        return size === undefined || stat.size === size;
      };
      return isSound(held) ? held : pooledOf(digest).find(isSound);
    },
    condemn: (held, digest) => {
      const { ino } = lstatSync(held);
      const path = pooledOf(digest).find((file) => lstatSync(file).ino === ino);
      if (path) damage.quarantine(digest, path);
    },
  };
}

/** Makes `path` a name of the source's inode, or of a copy where a stranger could still reach it. */
function makeInode(ownership: Ownership, source: string, path: string): void {
  const stat = lstatSync(source);
  if (stat.nlink > 1 || !canOwn(ownership, stat.uid)) copyInode(ownership, source, path);
  else linkInode(ownership, source, path);
}

/** Makes `path` a name of the source's inode, whatever other names it has. */
function adoptInode(ownership: Ownership, source: string, path: string, maxLinks: number): void {
  const stat = lstatSync(source);
  if (stat.nlink >= maxLinks || !canOwn(ownership, stat.uid)) {
    copyInode(ownership, source, path);
    return;
  }
  try {
    linkInode(ownership, source, path);
  } catch (error) {
    // An immutable file, or one at the limit of its file system.
    if (!isErrno(error, 'EPERM', 'EACCES', 'EMLINK', 'EXDEV')) throw error;
    copyInode(ownership, source, path);
  }
}

function canOwn(ownership: Ownership, uid: number): boolean {
  return uid === ownership.ownUid || ownership.ownUid === 0;
}

function linkInode(ownership: Ownership, source: string, path: string): void {
  takeOver(ownership, source);
  try {
    linkSync(source, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error; // another ingest was faster with the same content
  }
}

function copyInode(ownership: Ownership, source: string, path: string): void {
  const temporary = join(dirname(path), `.copy-${process.pid}.tmp`);
  try {
    copyFileSync(source, temporary);
    const fd = openSync(temporary, 'r');
    fsyncSync(fd);
    closeSync(fd);
    takeOver(ownership, temporary);
    renameSync(temporary, path);
    fsyncFolder(dirname(path));
  } finally {
    rmSync(temporary, { force: true });
  }
}
