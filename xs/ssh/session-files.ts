/**
 * The session script and its settings, copied to where sessions may read them whatever the ownership of
 * the program's own folder. Nothing is written when they are there: the disk may be full.
 */
import { readFileSync } from 'node:fs';
import { writeFileIfChanged } from '../../shared/system/files.ts';
import { inState, type Paths } from '../storage/paths.ts';

/** What has to stay free on the library's disk: a share of its blocks and inodes. */
export interface Floor {
  bytes: number;
  inodes: number;
}

/** Of `disk`, with `bytes` of it in reserve; 0 inodes where the file system makes them as needed. */
export function floorOf(disk: Floor, bytes: number): Floor {
  if (!Number.isFinite(disk.inodes)) return { bytes, inodes: 0 };
  const share = Math.min(disk.inodes * LARGEST_INODE_SHARE, FEWEST_INODES);
  return { bytes, inodes: Math.floor(Math.max(disk.inodes * INODE_SHARE, share)) };
}

/** Of the inodes: what a session makes until its end is noticed, on a small disk not more than a tenth. */
const INODE_SHARE = 0.02;
const FEWEST_INODES = 10_000;
const LARGEST_INODE_SHARE = 0.1;

export function installSession(paths: Paths, script: string, floor: Floor): void {
  const files = inState(paths);
  writeFileIfChanged(files.session, readFileSync(script), 0o755);
  const settings = {
    LIBRARY: paths.library,
    COMPLETION: paths.completion,
    SOCKET: files.apiSocket,
    REPLACES: files.replacesFolder,
    LEASES: files.leasesFolder,
    RESERVE: Math.floor(floor.bytes / 1024),
    INODES: floor.inodes,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  writeFileIfChanged(files.sessionConfig, lines.join(''), 0o644);
}
