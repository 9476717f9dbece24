/**
 * Runs a program from one file, with what V8 made of it last time: reading and compiling the source takes
 * longer than many a run of it. The cache only saves work. One that is absent, damaged, of another user,
 * of another Node or of another program is passed over and made anew, and where it cannot be kept the
 * program runs without.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

export interface CachedProgram {
  /** A CommonJS program in ASCII that knows its own address as `__ownUrl`. */
  file: string;
  /** Where caches of all users' programs are, such as `~/.cache`; undefined for no cache. */
  cacheRoot: string | undefined;
  /** Which part of the program this run is about: each has a cache of its own. */
  part: string;
  /** Flags of Node, which change what V8 makes. */
  flags: readonly string[];
}

/** The names that the program finds: those of CommonJS, and its own address. */
const NAMES = ['exports', 'require', 'module', '__filename', '__dirname', '__ownUrl'];
const SUFFIX = '.code';
/** In the caches' root. */
const FOLDER = 'ds-backup';
const DIGEST_BYTES = 32;
/** Below this much free space, in bytes, nothing is kept: others need it more. */
const AMPLE_BYTES = 64 * 1024 * 1024;
/** What was not called in a run is not in the cache it leaves, so that it grows over this many. */
const RUNS = 3;

/** Runs the program; throws what it throws while it starts. */
export function runCached(program: CachedProgram): void {
  const { file } = program;
  const source = `(function(${NAMES.join()}){${readFileSync(file, 'latin1')}\n})`;
  const cache = openCache(program);
  const script = new Script(source, { filename: file, cachedData: cache?.data });
  const runs = script.cachedDataRejected === false ? (cache?.runs ?? 0) : 0;
  if (cache && runs < RUNS) {
    process.once('exit', () => cache.keep(() => script.createCachedData(), runs + 1));
  }
  const module = { exports: {} };
  const start = script.runInThisContext();
  const own = [createRequire(file), module, file, dirname(file), pathToFileURL(file).href];
  start(module.exports, ...own);
}

interface Cache {
  data: Buffer | undefined;
  /** How many runs it is of. */
  runs: number;
  /** Never throws. */
  keep(make: () => Buffer, runs: number): void;
}

/** Undefined where there can be none. */
function openCache({ file, cacheRoot, part, flags }: CachedProgram): Cache | undefined {
  if (cacheRoot === undefined) return undefined;
  try {
    if (!isOurs(existsSync(cacheRoot) ? cacheRoot : dirname(cacheRoot))) return undefined;
    const folder = join(cacheRoot, FOLDER);
    // A file that is replaced has another inode or another time of change, which nobody can set.
    const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(file, { bigint: true });
    const program = digestOf([file, dev, ino, size, mtimeNs, ctimeNs].join(' '));
    const about = [process.version, process.versions.v8, process.arch, part, ...flags].join('\n');
    const key = `${nameOf(program)}-${nameOf(digestOf(about))}`;
    const path = join(folder, key + SUFFIX);
    return { ...read(path, key), keep: (make, runs) => keep(path, key, make, runs) };
  } catch {
    return undefined;
  }
}

function read(path: string, key: string): Pick<Cache, 'data' | 'runs'> {
  const none = { data: undefined, runs: 0 };
  try {
    if (!isOurs(dirname(path)) || !isOurs(path)) return none;
    const bytes = readFileSync(path);
    const rest = bytes.subarray(DIGEST_BYTES);
    // V8 itself would believe a damaged one.
    if (!bytes.subarray(0, DIGEST_BYTES).equals(digestOf(key, rest))) return none;
    return { data: rest.subarray(1), runs: rest[0] ?? 0 };
  } catch {
    return none;
  }
}

/** Complete or not at all; after a power cut it may be damaged, which its digest tells. */
function keep(path: string, key: string, make: () => Buffer, runs: number): void {
  const folder = dirname(path);
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = statfsSync(folder);
    if (!isOurs(folder) || bavail * bsize < AMPLE_BYTES) return;
    const rest = Buffer.concat([Buffer.of(runs), make()]);
    try {
      const bytes = Buffer.concat([digestOf(key, rest), rest]);
      writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600 });
      renameSync(temporary, path);
    } catch {
      rmSync(temporary, { force: true });
    }
    const [program = ''] = key.split('-');
    for (const name of readdirSync(folder)) {
      // Of a program that was replaced, or of a run that was killed.
      const isLeft = !name.endsWith(SUFFIX) && name !== `${key}${SUFFIX}.${process.pid}`;
      if (!name.startsWith(program) || isLeft) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // the next run tries again
  }
}

/** Nobody else may have put something in it. Throws where there is nothing. */
function isOurs(path: string): boolean {
  const { uid, mode } = lstatSync(path);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}

const nameOf = (digest: Buffer): string => digest.toString('hex', 0, 8);

function digestOf(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
