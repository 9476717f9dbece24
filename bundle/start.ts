/**
 * What `dist/ds-backup.mjs` is made of: runs the laptop's program, which lies beside it in one file, with
 * what V8 made of it last time.
 */
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCached } from '../shared/system/code-cache.ts';

/** Commands that run unasked, or often. The others are not worth a file. */
const CACHED = ['agent', 'worker', 'now', 'restore', 'wake', 'status'];

const { XDG_CACHE_HOME = '', HOME = '', NODE_OPTIONS = '' } = process.env;
const command = process.argv[2] ?? '';

/** Undefined where nothing is to be kept. */
function cacheRoot(): string | undefined {
  if (!CACHED.includes(command)) return undefined;
  if (isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  return isAbsolute(HOME) ? join(HOME, '.cache') : undefined;
}

runCached({
  file: fileURLToPath(new URL('./ds-backup.cjs', import.meta.url)),
  cacheRoot: cacheRoot(),
  part: command,
  flags: [...process.execArgv, NODE_OPTIONS],
});
