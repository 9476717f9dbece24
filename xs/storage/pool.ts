/**
 * The pool: all content once, named by its SHA-256 and shared by hard links, so that equal content
 * of many laptops takes space once. The file system's link count is the only reference count.
 *
 * Content gets its name only after it was read, compared with its digest and made durable, so a
 * power cut cannot leave a name with other bytes behind it.
 */
import {
  closeSync,
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
import { copySparsely } from '../../shared/system/sparse.ts';
import { DamageRegister, pooledFiles } from './damage-register.ts';
import { type Ownership, takeOver } from './ownership.ts';
import { inPool, type Paths } from './paths.ts';

/** ext4 allows 65,000 links per inode, others fewer; BackupPC stops at 31,999. */
export const MAX_LINKS = 30_000;

export interface Pool {
  /** The register of damaged content. */
  readonly damage: DamageRegister;
  /**
   * Links `target` to the content with this digest, which `source` has (verified, durable, on the
   * same file system). A source that nobody else can reach becomes the pool's inode if needed.
   */
  place(source: string, digest: Digest, target: string): void;
  /**
   * Like place(), but the source's inode becomes the pool's even when it has other names: those are
   * in an old library whose files nobody changes. Takes no space. Copies what we may not own.
   */
  adopt(source: string, digest: Digest, target: string): void;
  /**
   * Links `target` to the content of `source`, a file of an earlier snapshot, or to a new inode when
   * that one has reached the limit of links. Returns the size in bytes. Throws `damaged` for content
   * in the register.
   */
  share(source: string, digest: () => Digest, target: string): number;
  /** `file` unless it is missing or registered as damaged, else the pool's own, else undefined. */
  sound(file: string, digest: Digest, size?: number): string | undefined;
  /** Quarantines the inode of `file`, whose content turned out to differ from its digest. */
  condemn(file: string, digest: Digest): void;
}

/** Makes `path` a name of the source's content; `maxLinks` is the limit per inode. */
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
      // One of the two is damaged: the pool's, if the source was just verified.
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
    share: (source, digest, target) => {
      const stat = lstatSync(source);
      if (damage.isDamaged(stat.ino)) throw new DsError('damaged', `${source} is damaged`);
      if (stat.nlink < maxLinks) linkSync(source, target);
      else linkSync(inodeFor(digest(), source, false), target);
      return stat.size;
    },
    sound: (file, digest, size) => {
      const isSound = (path: string) => {
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (!stat?.isFile() || damage.isDamaged(stat.ino)) return false;
        return size === undefined || stat.size === size;
      };
      return isSound(file) ? file : pooledOf(digest).find(isSound);
    },
    condemn: (file, digest) => {
      const { ino } = lstatSync(file);
      const path = pooledOf(digest).find((pooled) => lstatSync(pooled).ino === ino);
      if (path) damage.quarantine(digest, path);
    },
  };
}

/** Makes `path` a name of the source's inode, or of a copy where somebody else can reach that. */
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
    // An immutable file, or one at the limit of links.
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
    if (!isErrno(error, 'EEXIST')) throw error; // another ingest added the same content first
  }
}

function copyInode(ownership: Ownership, source: string, path: string): void {
  const temporary = join(dirname(path), `.copy-${process.pid}.tmp`);
  try {
    copySparsely(source, temporary);
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
