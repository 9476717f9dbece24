/**
 * A disk whose every write and flush is logged, and what a power cut at any moment leaves of it. That is more
 * than a shutdown of the file system by ioctl (XFS_IOC_GOINGDOWN and its like): a disk that forgets what it was
 * not told to flush, or some of it, is played too; one run gives any number of cuts; two disks can be cut at the
 * same moment; and btrfs, which knows no such ioctl, has its turn.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Random } from '../shared/random.ts';
import { type FileSystem, makeFileSystem, mountDisk } from './file-systems.ts';

const PROGRAM = fileURLToPath(new URL('logged-disk.py', import.meta.url));
const RECORD_BYTES = 24;
/** What a disk writes whole or not at all. */
const SECTOR = 4096;

/** Nanoseconds of the clock that log and tests share. */
export type Moment = bigint;

export const now = (): Moment => process.hrtime.bigint();

/** What becomes of writes that were not flushed: of each sector, by chance, or the same for all. */
export type Unflushed = 'kept' | 'lost' | 'some';

interface Write {
  /** In the disk, and in the log's data. */
  where: number;
  from: number;
  bytes: number;
}

export class LoggedDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly kind: FileSystem;
  readonly #folder: string;
  #memory: ChildProcess | undefined;

  private constructor(folder: string, kind: FileSystem, path: string) {
    this.#folder = folder;
    this.kind = kind;
    this.path = path;
  }

  /** Makes it in a new folder, and mounts it there or at `path`. */
  static async start(
    folder: string,
    kind: FileSystem,
    path = join(folder, 'disk'),
  ): Promise<LoggedDisk> {
    const disk = new LoggedDisk(folder, kind, path);
    for (const one of [folder, path]) mkdirSync(one, { recursive: true });
    makeFileSystem(kind, disk.#file('now'));
    execFileSync('cp', ['--sparse=always', disk.#file('now'), disk.#file('new')]);
    writeFileSync(disk.#file('place'), '');
    const names = ['place', 'now', 'log'].map((name) => disk.#file(name));
    const child = spawn('python3', [PROGRAM, ...names], { stdio: ['pipe', 'pipe', 'inherit'] });
    disk.#memory = child;
    for await (const line of createInterface(child.stdout)) if (line === 'ready') break;
    mountDisk(kind, disk.#file('place'), disk.path);
    return disk;
  }

  /** Writes what this disk would hold after a power cut at `moment` to the file `image`. */
  cutAt(moment: Moment, image: string, unflushed: Unflushed, random: Random): void {
    const { flushed, open } = this.#until(moment);
    execFileSync('cp', ['--sparse=always', this.#file('new'), image]);
    const data = openSync(this.#file('log.data'), 'r');
    const to = openSync(image, 'r+');
    try {
      for (const write of flushed) copy(data, to, write);
      for (const write of open) {
        for (const sector of sectorsOf(write)) {
          const stays = unflushed === 'kept' || (unflushed === 'some' && random.below(2) === 0);
          if (stays) copy(data, to, sector);
        }
      }
    } finally {
      closeSync(data);
      closeSync(to);
    }
  }

  /** Unmounts it for good; `path` is empty then, and the log can still be asked. */
  async unplug(): Promise<void> {
    const child = this.#memory;
    if (!child) return;
    this.#memory = undefined;
    execFileSync('umount', ['--lazy', this.path]);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin?.end();
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unplug();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }

  #until(moment: Moment): { flushed: Write[]; open: Write[] } {
    const log = readFileSync(this.#file('log'));
    const flushed: Write[] = [];
    let open: Write[] = [];
    let from = 0;
    for (let at = 0; at + RECORD_BYTES <= log.length; at += RECORD_BYTES) {
      if (log.readBigInt64LE(at) > moment) break;
      const [where, bytes] = [
        Number(log.readBigInt64LE(at + 8)),
        Number(log.readBigInt64LE(at + 16)),
      ];
      if (where >= 0) open.push({ where, from, bytes });
      else {
        flushed.push(...open);
        open = [];
      }
      from += bytes;
    }
    return { flushed, open };
  }
}

function sectorsOf({ where, from, bytes }: Write): Write[] {
  const sectors: Write[] = [];
  for (let done = 0; done < bytes; ) {
    const length = Math.min(SECTOR - ((where + done) % SECTOR), bytes - done);
    sectors.push({ where: where + done, from: from + done, bytes: length });
    done += length;
  }
  return sectors;
}

function copy(data: number, to: number, { where, from, bytes }: Write): void {
  const buffer = Buffer.alloc(bytes);
  readSync(data, buffer, 0, bytes, from);
  writeSync(to, buffer, 0, bytes, where);
}
