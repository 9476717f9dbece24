/**
 * Writes a stick. Each file is whole or not there, and is on the stick when this returns: people pull it out
 * as soon as they see the prompt.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import { copyDurably, namesIn, writeFileDurably } from '../../shared/system/files.ts';
import type { StickFile } from './contents.ts';

/** What a stick has in its folder `ds-backup`. */
const OURS = ['packages', 'words', 'school.toml'];

/**
 * Packages of before go: apt would take the newest, and that need not be ours. Everybody may read it all. Returns the bytes written. Throws
 * `bad-input` where `ds-backup` is something else, like the folder of a server.
 */
export function writeStick(
  folder: string,
  files: readonly StickFile[],
  onFile: (done: number, name: string) => void,
): number {
  const own = join(folder, 'ds-backup');
  const other = namesIn(own).find((name) => !OURS.includes(name));
  if (other !== undefined) {
    throw new DsError('bad-input', `${own} is not of a stick: ${other} is in it`, {
      hint: 'name the folder where the stick is; "lsblk" shows it',
    });
  }
  // By the mask and not file by file: the file system of most sticks knows no rights, and refuses to set some.
  const mask = process.umask(0o022);
  try {
    return writeAnew(folder, own, files, onFile);
  } finally {
    process.umask(mask);
  }
}

function writeAnew(
  folder: string,
  own: string,
  files: readonly StickFile[],
  onFile: (done: number, name: string) => void,
): number {
  rmSync(own, { recursive: true, force: true });
  let bytes = 0;
  for (const [index, file] of files.entries()) {
    onFile(index, file.path);
    const target = join(folder, file.path);
    mkdirSync(dirname(target), { recursive: true });
    if ('content' in file) writeFileDurably(target, file.content);
    else copyDurably(file.source, target);
    bytes += statSync(target).size;
  }
  return bytes;
}
