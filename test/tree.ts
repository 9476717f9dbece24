/** The source files of the repository, as the tests of its layout read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOP_FOLDERS } from './layers.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Path in the tree → text, of the files in the top folders whose names match. */
export function readTree(names: RegExp): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of TOP_FOLDERS) collect(join(root, folder), names, files);
  return files;
}

function collect(folder: string, names: RegExp, files: Map<string, string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') collect(path, names, files);
    else if (names.test(entry.name)) files.set(relative(root, path), readFileSync(path, 'utf8'));
  }
}
