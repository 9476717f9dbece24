/**
 * Keeps room on the disk while sessions run. Below the floor, the session that wrote most of what is short
 * is ended, and what it wrote is removed: it is in no backup yet, and is sent again. Restores write nothing
 * and go on.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync, watch } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { Clock } from '../../shared/clock.ts';
import { asDsError } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { run } from '../../shared/system/run.ts';
import { freeRoom } from '../storage/disk.ts';
import { inLaptop, inState, MIRRORS, type Paths } from '../storage/paths.ts';
import { fieldsOf, isOurs, processesNamed, wordsOf } from '../traffic/transfers.ts';
import type { Floor } from './session-files.ts';

export interface RoomWatchOptions {
  paths: Paths;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
  /** What has to stay free. */
  floor: Floor;
  /** What is free; by default, on the library's disk. */
  free?: () => Promise<Floor>;
}

/** Between two looks, in milliseconds: a fast network brings 30 MB in that time. */
const LOOK_MS = 250;
/** A look although nobody may upload: a change of the folder may go unnoticed. In milliseconds. */
const IDLE_MS = 30_000;
/** After a look that found nothing to end, in milliseconds. */
const CALM_MS = 5000;
/** How long an ended session may take, in seconds. */
const END_SECONDS = 10;
/** The unit of times in /proc, in seconds: the same on all of Linux. */
const TICK_SECONDS = 0.01;
/** The time at which a process started, in those fields that `fieldsOf` gives. */
const START_FIELD = 19;

/** An upload that runs: the process that holds the laptop's lock for it. */
interface Upload {
  serial: Serial;
  pid: number;
  /** When it began, in seconds since 1970. */
  since: number;
}

/** Until disposed. */
export function watchRoom(options: RoomWatchOptions): AsyncDisposable {
  const { log, clock } = options;
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      let pause = LOOK_MS;
      try {
        await untilNeeded(options, stop.signal);
        if (await isShort(options)) pause = (await makeRoom(options)) ? 0 : CALM_MS;
      } catch (error) {
        log.warn('room-not-watched', { reason: asDsError(error).message });
        pause = CALM_MS;
      }
      await clock.sleep(pause, stop.signal).catch(() => {});
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await watching;
    },
  };
}

/**
 * While no laptop may upload and none does, waits for the next that may: on a quiet day the disk is not asked at
 * all.
 */
async function untilNeeded(options: RoomWatchOptions, stop: AbortSignal): Promise<void> {
  const { leasesFolder } = inState(options.paths);
  const isIdle = () => readdirSync(leasesFolder).length === 0 && uploadsIn(options).length === 0;
  if (!isIdle()) return;
  const end = new AbortController();
  const signal = AbortSignal.any([stop, end.signal]);
  const watcher = watch(leasesFolder);
  try {
    const changed = once(watcher, 'change', { signal });
    const late = options.clock.sleep(IDLE_MS, signal);
    const ended = Promise.race([changed, late]).catch(() => {});
    // Asked again: from here on a change is not missed.
    if (isIdle()) await ended;
  } finally {
    end.abort();
    watcher.close();
  }
}

async function isShort({ paths, floor, free }: RoomWatchOptions): Promise<boolean> {
  const { bytes, inodes } = free ? await free() : freeRoom(await statfs(paths.library));
  return bytes < floor.bytes || inodes < floor.inodes;
}

/** Ends the upload that wrote the most. Returns false when none wrote anything. */
async function makeRoom(options: RoomWatchOptions): Promise<boolean> {
  const { paths, log, env } = options;
  const uploads = await Promise.all(
    uploadsIn(options).map(async (one) => ({ ...one, ...(await writtenBy(options, one)) })),
  );
  // Blocks and small files in one measure: an inode takes a block at least.
  const weight = (one: Floor) => one.bytes + one.inodes * 4096;
  const [most] = uploads.sort((a, b) => weight(b) - weight(a));
  if (!most || most.inodes === 0) return false;
  const { serial, pid, bytes, inodes } = most;
  if (!isUpload(options, most)) return true; // it ended by itself meanwhile
  process.kill(pid, 'SIGTERM');
  log.warn('session-ended', { serial, reason: 'the disk is nearly full', bytes, inodes });
  await using _lock = await lockFile(inLaptop(paths, serial).sessionLock, {
    ...{ env, waitSeconds: END_SECONDS },
  });
  const kinds = ['(', '-type', 'd', '-empty', '-o', '!', '-type', 'd', ')'];
  await run('find', [...newFiles(options, most), '-depth', ...kinds, '-delete'], {
    ...{ env, accept: [1] },
  });
  return true;
}

/** What a session wrote and is still there. */
async function writtenBy(options: RoomWatchOptions, upload: Upload): Promise<Floor> {
  const sum = `find "$@" -printf '%b\\n' | awk '{ s += $1 } END { printf "%.0f %d", s * 512, NR }'`;
  const { stdout } = await run('sh', ['-c', sum, 'sh', ...newFiles(options, upload)], options);
  const [bytes = 0, inodes = 0] = stdout.trim().split(' ').map(Number);
  return { bytes, inodes };
}

/** Arguments of find(1) for what is newer than the session. */
function newFiles({ paths }: RoomWatchOptions, { serial, since }: Upload): string[] {
  const laptop = inLaptop(paths, serial);
  const folders = [laptop.incoming, ...MIRRORS.map(laptop.mirror)];
  return [...folders, '-mindepth', '1', '-newerct', `@${since.toFixed(2)}`];
}

/** All uploads that run, of whichever service. */
function uploadsIn(options: RoomWatchOptions): Upload[] {
  const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  const now = options.clock.now().getTime() / 1000;
  return processesNamed('flock').flatMap((pid) => {
    const serial = lockedBy(options.paths, pid);
    if (!serial) return [];
    const started = Number(fieldsOf(pid)[START_FIELD]) * TICK_SECONDS;
    return [{ serial, pid, since: now - (uptime - started) - TICK_SECONDS }];
  });
}

function isUpload({ paths }: RoomWatchOptions, { pid, serial }: Upload): boolean {
  return lockedBy(paths, pid) === serial;
}

/** Whose lock this process holds for a session; a program in a sandbox can only pretend to. */
function lockedBy(paths: Paths, pid: number): Serial | undefined {
  const [command, mode, , , , path = ''] = wordsOf(pid);
  if (command !== 'flock' || mode !== '--shared') return undefined;
  const serial = tryParse(parseSerial, path.split('/').at(-2));
  if (!serial || path !== inLaptop(paths, serial).sessionLock) return undefined;
  return isOurs(pid) ? serial : undefined;
}
