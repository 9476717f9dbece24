/**
 * Writes a stick. Each file is whole or not there, and is on the stick when this returns: people pull it out
 * as soon as they see the prompt.
 */
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { StickFile } from './contents.ts';

/** Packages of before go: apt would take the newest, and that need not be ours. Returns the bytes written. */
export function writeStick(
  folder: string,
  files: readonly StickFile[],
  onFile: (done: number, name: string) => void,
): number {
  rmSync(join(folder, 'ds-backup'), { recursive: true, force: true });
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

function copyDurably(source: string, target: string): void {
  const fresh = `${target}.tmp`;
  copyFileSync(source, fresh);
  const file = openSync(fresh, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, target);
}
