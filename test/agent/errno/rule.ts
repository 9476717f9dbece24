/**
 * The preloaded library that makes system calls fail: compiled, and told which calls.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { soak } from '../../soak.ts';

const source = new URL('shim.c', import.meta.url).pathname;
const RULE_BYTES = 4096;

/** What a damaged, full, foreign or far disk answers; the numbers are Linux's. */
const ERRNOS = {
  ...{ EACCES: 13, EIO: 5, EUCLEAN: 117, ENAMETOOLONG: 36, EXDEV: 18 },
  ...{ EROFS: 30, EDQUOT: 122, ENOSPC: 28, ESTALE: 116 },
} as const;
export type ErrnoName = keyof typeof ERRNOS;
/** What a file system says that has no hard links. */
const LINKLESS = { EPERM: 1, EMLINK: 31, ENOSYS: 38, EOPNOTSUPP: 95 } as const;
type LinklessName = keyof typeof LINKLESS;
export const LINKLESS_NAMES = Object.keys(LINKLESS) as LinklessName[];
export const ERRNO_NAMES = Object.keys(ERRNOS) as ErrnoName[];

/** A kind of call, as shim.c names it, and a part of the path; with `$` at its end, the end of the path. */
export type Target = readonly [call: string, path: string];

/** Compiles the library into `folder`. Returns the environment that loads it; no call fails yet. */
export function compileShim(folder: string): { LD_PRELOAD: string; DS_ERRNO_RULE: string } {
  const library = join(folder, 'shim.so');
  const rule = join(folder, 'rule');
  const flags = ['-shared', '-fPIC', '-w', '-o', library, source, '-ldl'];
  execFileSync('cc', flags, { stdio: 'pipe' });
  writeFileSync(rule, Buffer.alloc(RULE_BYTES));
  return { LD_PRELOAD: library, DS_ERRNO_RULE: rule };
}

/** From now on these calls of this process and its children fail; none without a target. */
export function setRule(
  file: string,
  target?: Target,
  errno: ErrnoName | LinklessName = 'EIO',
): void {
  const text = Buffer.alloc(RULE_BYTES);
  if (target) text.write(`${target[0]} ${{ ...ERRNOS, ...LINKLESS }[errno]} ${target[1]}`);
  const fd = openSync(file, 'r+');
  writeSync(fd, text, 0, RULE_BYTES, 0);
  closeSync(fd);
}

/**
 * Judges these calls, with every error in the soak and each with one in the suite; prints what was wrong, a line
 * each, and at the end how many cases there were.
 */
export async function runCases(
  rule: string,
  targets: readonly Target[],
  judge: (target: Target, errno: ErrnoName) => Promise<string>,
): Promise<void> {
  let cases = 0;
  for (const [n, target] of targets.entries()) {
    const one = ERRNO_NAMES[n % ERRNO_NAMES.length] as ErrnoName;
    for (const errno of soak(ERRNO_NAMES, [one])) {
      cases += 1;
      const told = await judge(target, errno).catch(
        (error: unknown) => `${(error as Error).stack}`,
      );
      setRule(rule);
      if (told) console.log(`${target.join(' ')} ${errno}: ${told}`);
    }
  }
  console.log(`${cases} cases`);
}
