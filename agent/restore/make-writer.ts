/**
 * Looks at the Journal for `choose-writer`, and makes the Writer that it chooses.
 */
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, isSystemError } from '../../shared/errors.ts';
import { type Survey, surveyJournal } from '../journal/rebuild-hazard.ts';
import { hasRoomForIndex } from '../journal/sugar-index.ts';
import type { Paths } from '../paths.ts';
import { chooseWriter } from './choose-writer.ts';
import { DatastoreWriter, type WriterOptions } from './datastore-writer.ts';
import { FolderWriter } from './folder-writer.ts';
import type { Tally } from './tally.ts';
import type { Writer } from './writer.ts';

/**
 * The fast writer where it is as safe as the other; where it is not, a person is told. `tally` is undefined for
 * a single entry, `steps` are the entries to bring, `local` those in the Journal.
 */
export function makeWriter(
  options: WriterOptions,
  tally: Tally | undefined,
  steps: number,
  local: number,
): Writer {
  const { paths, env, warn } = options.context;
  let survey: Survey = new Map();
  const hazard = () => {
    const found = surveyJournal(paths.journal, new Map(), new Set());
    if (typeof found === 'string') return found;
    survey = found;
    return undefined;
  };
  const { writer, reason, notable } = chooseWriter({
    single: tally === undefined,
    steps,
    local,
    layout: layoutOf(paths),
    own: statSync(paths.journal).uid === process.getuid?.(),
    oneDisk: isOneDisk(paths),
    room: hasRoomForIndex(paths, local + steps, env),
    hazard,
  });
  if (notable) warn(`the entries go through Sugar one by one, which takes longer: ${reason}`);
  return writer === 'folders' && tally
    ? new FolderWriter(options, tally, survey)
    : new DatastoreWriter(options, tally);
}

/**
 * Whether the kernel would rename a folder of a batch into the Journal. Two mounts of one disk are two disks for
 * it; it says so before it looks for the folder, and there is none.
 */
function isOneDisk({ restore, journal }: Paths): boolean {
  if (statSync(restore).dev !== statSync(journal).dev) return false;
  try {
    renameSync(join(restore, '.ds-backup-none'), join(journal, '.ds-backup-none'));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return !isErrno(error, 'EXDEV');
  }
  return true;
}

/** Undefined where nobody can say: a Journal that was emptied while Sugar runs has no such file. */
function layoutOf({ journalVersion }: Paths): string | undefined {
  try {
    return readFileSync(journalVersion, 'utf8').trim();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}
