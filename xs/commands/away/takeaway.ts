/**
 * `takeaway`: all of a child's things as one archive, for the day on which she leaves. Runs at the terminal with
 * that user's rights, and only reads the library.
 */
import { createWriteStream, lstatSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DsError, isSystemError } from '../../../shared/errors.ts';
import { fsyncFile, fsyncFolder } from '../../../shared/system/files.ts';
import { formatBytes } from '../../../shared/words/quantity.ts';
import { readReplaced } from '../../registration/alias-files.ts';
import { type ArchiveOptions, packThings } from '../../takeaway/archive.ts';
import { findThings, type Things } from '../../takeaway/things.ts';
import { localLaptop, nickOnDisk } from '../arguments.ts';
import { type LocalCommand, type LocalContext, NEEDS_ATTENTION, usage } from '../command.ts';
import { counted, TERMINAL_WORDS } from '../lines.ts';
import { whyNotWritten } from './not-written.ts';

type TakeawayContext = Pick<
  LocalContext,
  'paths' | 'args' | 'flags' | 'print' | 'progress' | 'signal'
>;

export const takeaway = {
  takes: ['LAPTOP', 'FILE.zip'],
  flags: ['all'],
  summary:
    'write all things of a child into one ZIP that opens anywhere; --all: older versions too',
  run: async ({ paths, args, flags, print, progress, signal }: TakeawayContext) => {
    const [serialText, target] = args;
    if (target === undefined) throw usage('takeaway needs LAPTOP and FILE.zip');
    const serial = localLaptop(paths, serialText);
    const serials = [serial, ...readReplaced(paths, serial)];
    const file = resolve(target);
    checkTarget(file);
    const found = await findThings(paths, serials, {
      ...{ older: flags.all ?? false, signal },
      onThing: (things) => progress({ done: things, of: 0, text: 'things read' }),
    });
    const of = { serial, nick: nickOnDisk(paths, serial), made: new Date() };
    const bytes = await write(
      file,
      found,
      { ...of, words: TERMINAL_WORDS, language: 'en' },
      signal,
    );
    const { things, leftOut, older } = found;
    if (flags.json) {
      print(`${JSON.stringify({ file, bytes, things: things.length, leftOut, older })}\n`);
    } else {
      print(`${counted(things.length, 'thing')}, ${formatBytes(bytes)} in ${file}\n`);
      for (const { uid, reason } of leftOut) print(`  without ${uid}: ${reason}\n`);
      for (const { uid, title } of older) {
        print(`  an older version of ${JSON.stringify(title || uid)}: the newest is damaged\n`);
      }
    }
    return leftOut.length + older.length > 0 ? NEEDS_ATTENTION : 0;
  },
} satisfies LocalCommand;

function checkTarget(file: string): void {
  const hint = 'name a file that does not exist yet, in a folder that does';
  const folder = statSync(dirname(file), { throwIfNoEntry: false });
  if (!folder?.isDirectory()) throw usage(`there is no folder for ${file}`, hint);
  if (lstatSync(file, { throwIfNoEntry: false })) throw usage(`${file} exists already`, hint);
}

/** The file appears whole or not at all. Returns its size in bytes. */
async function write(
  file: string,
  found: Things,
  options: ArchiveOptions,
  signal: AbortSignal,
): Promise<number> {
  const temporary = `${file}.tmp-${process.pid}`;
  try {
    const { stream, size } = await packThings(found, options);
    await pipeline(stream, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }), { signal });
    fsyncFile(temporary);
    renameSync(temporary, file);
    fsyncFolder(dirname(file));
    return size;
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (!isSystemError(cause)) throw cause;
    const hint = whyNotWritten(cause, 'give a file that does not exist yet');
    throw new DsError('bad-input', `cannot write ${file}: ${cause.message}`, { hint, cause });
  }
}
