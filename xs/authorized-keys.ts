/**
 * The accepted keys of laptops in use, as sshd reads them: each may run the session script for its own laptop and
 * nothing else (X3). Rewritten whole on every change.
 */
import { writeFileDurably } from '../shared/files.ts';
import type { Serial } from '../shared/ids.ts';
import type { Laptop } from './laptop-record.ts';
import { inState, type Paths } from './paths.ts';

export function writeAuthorizedKeys(
  paths: Paths,
  laptops: readonly (readonly [Serial, Laptop])[],
): void {
  const { authorizedKeys } = inState(paths);
  writeFileDurably(authorizedKeys, formatAuthorizedKeys(paths, laptops), 0o644);
}

/**
 * Paths hold plain characters only (config.ts) and serials are parsed: nothing needs quoting. `exec`
 * makes the script the leader of its process group, which it ends as a whole.
 */
export function formatAuthorizedKeys(
  paths: Paths,
  laptops: readonly (readonly [Serial, Laptop])[],
): string {
  const { session, sessionConfig } = inState(paths);
  const lines: string[] = [];
  for (const [serial, laptop] of laptops) {
    if (laptop.retired !== null) continue;
    for (const key of [laptop.keys.own, laptop.keys.sugar]) {
      if (key) lines.push(`restrict,command="exec ${session} ${sessionConfig} ${serial}" ${key}\n`);
    }
  }
  return lines.join('');
}
