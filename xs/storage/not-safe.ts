/**
 * What of each laptop's Journal is not safe, as the laptop said last: `.not-safe.json` in its folder
 * (PROTOCOL.md). There is no file while all is safe, or while the laptop never said anything.
 */
import { readFileSync, rmSync, statSync } from 'node:fs';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { type NotSafe, parseNotSafe } from '../../shared/protocol/messages.ts';
import { fsyncFolder, writeFileDurably } from '../../shared/system/files.ts';
import { inLaptop, type Paths } from './paths.ts';

/** Larger than any report can be, in bytes. */
const MAX_BYTES = 256 * 1024;

/** The last report; one that names nothing when all is safe, and when the file cannot be read. */
export function readNotSafe(paths: Paths, serial: Serial): NotSafe {
  const text = readReport(inLaptop(paths, serial).notSafe);
  try {
    if (text !== undefined) return parseNotSafe(text);
  } catch {
    // The next report replaces it.
  }
  return { count: 0, entries: [] };
}

/** Replaces the last report; durable when it returns. Throws `server-full`. */
export function writeNotSafe(paths: Paths, serial: Serial, report: NotSafe): void {
  const { home, notSafe } = inLaptop(paths, serial);
  const known = readReport(notSafe);
  if (report.count === 0) {
    if (known === undefined) return;
    rmSync(notSafe, { force: true });
    fsyncFolder(home);
    return;
  }
  const text = `${JSON.stringify(report)}\n`;
  if (text === known) return;
  try {
    writeFileDurably(notSafe, text, 0o640);
  } catch (cause) {
    if (!isErrno(cause, 'ENOSPC', 'EDQUOT')) throw cause;
    throw new DsError('server-full', 'the disk of the school server is full', { cause });
  }
}

/** Undefined when there is none; empty for what cannot be one. */
function readReport(path: string): string | undefined {
  try {
    return statSync(path).size > MAX_BYTES ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    return isErrno(error, 'ENOENT', 'ENOTDIR') ? undefined : '';
  }
}
