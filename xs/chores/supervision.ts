/**
 * Looks after what the service depends on and cannot start again by itself: the library's disk, the
 * state folder with its sockets. A disk that became read-only is reported, and noticed when it
 * works again; where going on would do harm, the service ends with an error, and is started anew.
 */
import { accessSync, constants, lstatSync } from 'node:fs';
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Library } from '../library.ts';
import { isStillThere } from '../storage/library-id.ts';
import { inState } from '../storage/paths.ts';

/** In milliseconds. */
const LOOK_MS = 10_000;

export interface Supervision extends Disposable {
  /** Resolves when the service cannot go on. */
  failed: Promise<DsError>;
}

/** To be called when everything has started. */
export function supervise(
  library: Library,
  isThere = isStillThere,
  everyMs = LOOK_MS,
): Supervision {
  const { paths, log } = library;
  let fail: (error: DsError) => void = () => {};
  const failed = new Promise<DsError>((resolve) => {
    fail = resolve;
  });
  const sockets = [inState(paths).apiSocket, inState(paths).adminSocket];
  const inodes = sockets.map(inodeOf);
  const look = () => {
    const lost = sockets.find((path, n) => inodes[n] !== undefined && inodeOf(path) !== inodes[n]);
    if (lost) return fail(new DsError('internal', `${lost} was removed while it was in use`));
    if (!isThere(paths)) {
      return fail(new DsError('internal', `the library ${paths.library} is not there any more`));
    }
    lookAtDisks(library);
  };
  // No file can be opened at the moment, say: that is no verdict.
  const tryToLook = () => {
    try {
      look();
    } catch (error) {
      log.warn('not-looked-after', { reason: asDsError(error).message });
    }
  };
  const timer = setInterval(tryToLook, everyMs);
  return { failed, [Symbol.dispose]: () => clearInterval(timer) };
}

function lookAtDisks(library: Library): void {
  const { paths, faults } = library;
  const known = new Set(faults.list().map(({ part }) => part));
  for (const part of ['library', 'state', 'completion'] as const) {
    try {
      accessSync(paths[part], constants.W_OK);
      if (!known.has(part)) continue;
      if (part === 'library') void library.prepare();
      else faults.clear(part);
    } catch (error) {
      faults.note(part, error);
    }
  }
  if (known.has('index')) void library.index.revive();
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}
