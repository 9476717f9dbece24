/**
 * Who may read what is built: everybody. Whoever builds may keep her own files to herself (umask 077, a
 * clone that only she can read); what she makes is installed for others.
 */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 0o755;
const PROGRAM = 0o755;
const FILE = 0o644;

/** Folders and programs 755, other files 644: this path and all below it. Links stay as they are. */
export function openForAll(path: string): void {
  const stat = statSync(path);
  chmodSync(path, stat.isDirectory() ? FOLDER : stat.mode & 0o100 ? PROGRAM : FILE);
  if (!stat.isDirectory()) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!entry.isSymbolicLink()) openForAll(join(path, entry.name));
  }
}

/** What this process makes from now on, everybody may read. For the builders' own processes only. */
export function makeForAll(): void {
  process.umask(0o022);
}
