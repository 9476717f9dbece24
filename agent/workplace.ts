/**
 * Where a run may write on a disk that is full or read-only. A full one: room is borrowed from a reserve
 * file of our own, and given back afterwards, so that a backup and "keep at school", which makes room, work
 * at 0 bytes free. A read-only one, as after disk errors: what a backup has to write goes to the session's
 * folder in memory, the state included.
 */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DsError, isErrno, isSystemError } from '../shared/errors.ts';
import { makeTemporaryFolder } from '../shared/system/temporary-folder.ts';
import { type Context, FULL_HINT } from './context.ts';
import { readOnlyDisk } from './laptop-full.ts';
import type { Paths } from './paths.ts';
import { freeBytes } from './profile.ts';

/**
 * Below this nothing is begun, in bytes: keys, identifiers and the database must not be cut short
 * halfway through a registration.
 */
const MIN_FREE_BYTES = 1024 * 1024;
/** Enough for the state, the staged properties of a batch and what Sugar writes for one entry, in bytes. */
const RESERVE_BYTES = 4 * 1024 * 1024;
/** The reserve is made where it takes a small part of what is free. */
const AMPLE_BYTES = 8 * RESERVE_BYTES;
/** The reserve is written in pieces of this size, in bytes. */
const PIECE_BYTES = 256 * 1024;
/** A workplace in memory is called after this. */
const AWAY = 'dsb-away';
/** A folder that is made to see whether one can be made. */
const TRIAL = 'try';

/**
 * Makes our folder and, with `borrow`, room in it; disposing gives borrowed room back. What brings content
 * to the laptop borrows none: it would not give it back. Throws `laptop-full` where there is no room to
 * begin anything, and `laptop-read-only`.
 */
export function prepareProfile(context: Context, use: 'borrow' | 'own-room'): Disposable {
  const { paths } = context;
  if (isReadOnly(paths)) throw readOnlyDisk();
  const before = freeBytes(paths.profile);
  const isShort = before < MIN_FREE_BYTES;
  const borrowed = use === 'borrow' && isShort && existsSync(paths.reserve);
  if (borrowed) rmSync(paths.reserve);
  if (freeBytes(paths.profile) < MIN_FREE_BYTES) throw full();
  mkdirSync(paths.own, { recursive: true, mode: 0o700 });
  const giveBack = () => {
    // Without a reserve the next run on a full disk says so.
    orWarn(context, fillUp);
  };
  const fillUp = () => {
    const size = statSync(paths.reserve, { throwIfNoEntry: false })?.size ?? 0;
    if (size >= RESERVE_BYTES || (size > 0 && borrowed)) return;
    const free = freeBytes(paths.profile);
    if (free >= AMPLE_BYTES) fillReserve(paths, RESERVE_BYTES);
    else if (borrowed) fillReserve(paths, Math.min(RESERVE_BYTES, free - before));
  };
  return { [Symbol.dispose]: giveBack };
}

export interface Workplace extends Disposable {
  context: Context;
}

/** The same for a backup, which also works on a disk that is read-only or has errors in our folder. */
export function openWorkplace(context: Context): Workplace {
  const { paths } = context;
  if (!isReadOnly(paths)) {
    const room = prepareProfile(context, 'borrow');
    if (canStage(paths)) return { context, ...room };
    room[Symbol.dispose]();
  }
  const isIntroduced = [paths.key, paths.enrolment, paths.knownHosts].every((path) =>
    existsSync(path),
  );
  if (!isIntroduced) throw readOnlyDisk();
  context.warn('the disk of this laptop cannot be written to; it is backed up all the same');
  return openAway(context);
}

/**
 * Whether our folder can really be written to: on a damaged disk only trying tells. A folder of this program's own is
 * tried, since another one may be backing up.
 */
function canStage({ own }: Paths): boolean {
  try {
    const folder = makeTemporaryFolder(own, TRIAL);
    tryToWrite(folder);
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
    return false;
  }
}

function tryToWrite(folder: string): void {
  const file = join(folder, 'try');
  writeFileSync(file, 'try');
  rmSync(file);
}

/**
 * A context whose folder for what is sent can be used; in memory where that of the disk cannot. What a run left
 * that was killed is removed, so the caller holds the lock; disposing removes what is in it now.
 */
export function openStaging(context: Context): Workplace {
  const { staging } = context.paths;
  try {
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { recursive: true, mode: 0o700 });
    tryToWrite(staging);
    const clear = () => rmSync(staging, { recursive: true, force: true });
    return { context, [Symbol.dispose]: () => orWarn(context, clear) };
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT') || !isSystemError(error)) throw error;
    context.warn(`the disk of this laptop has errors: ${error.message}`);
    const { folder, ...disposal } = makeAway(context);
    const paths = { ...context.paths, staging: join(folder, 'staging') };
    return { context: { ...context, paths }, ...disposal };
  }
}

/** For reading the state: SQLite has to write even then. Needs no room. */
export function openStatePlace(context: Context): Workplace {
  if (isReadOnly(context.paths)) return openAway(context);
  return { context, [Symbol.dispose]: () => {} };
}

/** A folder in memory, which goes when it is disposed of. */
function makeAway({ env }: Pick<Context, 'env'>): Disposable & { folder: string } {
  const folder = makeTemporaryFolder(env.XDG_RUNTIME_DIR || tmpdir(), AWAY);
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

function openAway(context: Context): Workplace {
  const { paths } = context;
  const { folder, ...disposal } = makeAway(context);
  const state = join(folder, 'state.db');
  for (const suffix of ['', '-wal']) {
    try {
      if (existsSync(paths.state + suffix)) copyFileSync(paths.state + suffix, state + suffix);
    } catch {
      rmSync(state + suffix, { force: true }); // everything is read again
    }
  }
  const away = { ...paths, state, staging: join(folder, 'staging'), probe: folder };
  const lock = existsSync(paths.lock) ? {} : { lockFolder: folder, lock: join(folder, 'run') };
  return {
    context: { ...context, paths: { ...away, ...lock, isReadOnly: true } },
    ...disposal,
  };
}

/** Runs `write`, unless nothing can be written in this profile: what it writes only saves work later. */
export function ifWritable(context: Pick<Context, 'paths' | 'warn'>, write: () => void): void {
  if (!context.paths.isReadOnly) orWarn(context, write);
}

/** Runs `work`, without which the run goes on: an error of the disk is told, and passed over. */
export function orWarn({ warn }: Pick<Context, 'warn'>, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    warn(`the disk of this laptop has errors: ${error.message}`);
  }
}

function isReadOnly({ profile, own }: Paths): boolean {
  try {
    accessSync(existsSync(own) ? own : profile, constants.W_OK);
    return false;
  } catch (error) {
    return isErrno(error, 'EROFS');
  }
}

/** Random bytes, since some file systems compress. What does not fit is left out. */
function fillReserve({ reserve }: Paths, bytes: number): void {
  if (bytes < PIECE_BYTES) return;
  const fd = openSync(reserve, 'w', 0o600);
  try {
    for (let done = 0; done + PIECE_BYTES <= bytes; ) {
      done += writeSync(fd, randomBytes(PIECE_BYTES));
    }
    fsyncSync(fd);
  } catch (error) {
    if (!isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
  } finally {
    closeSync(fd);
  }
}

function full(): DsError {
  return new DsError('laptop-full', 'the disk of this laptop is full', { hint: FULL_HINT });
}
