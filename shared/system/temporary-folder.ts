/**
 * Private folders for the time a program runs. Those of programs that were killed are removed when the next
 * one is made: the name has the number of its process.
 */
import { existsSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './files.ts';

/** Makes a folder `<prefix>-<process>-XXXXXX` in `parent`, after sweeping those of dead processes. */
export function makeTemporaryFolder(parent: string, prefix: string): string {
  sweep(parent, prefix);
  return mkdtempSync(join(parent, `${prefix}-${process.pid}-`));
}

function sweep(parent: string, prefix: string): void {
  const own = process.getuid?.();
  for (const name of namesIn(parent)) {
    const [pid] = /^\d+(?=-\w{6}$)/.exec(name.slice(prefix.length + 1)) ?? [];
    if (pid === undefined || !name.startsWith(`${prefix}-`) || existsSync(`/proc/${pid}`)) continue;
    const path = join(parent, name);
    try {
      const stat = lstatSync(path);
      if (stat.isDirectory() && stat.uid === own) rmSync(path, { recursive: true, force: true });
    } catch {
      // another program sweeps as well
    }
  }
}
