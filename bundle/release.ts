/**
 * Which commit a build is of, and so its version: that of package.json, then when and which.
 * `0.1.0+20261130.094214.4795dcda` is newer than one of the day before for dpkg, rpm and a person alike. The
 * same commit has the same version in a whole clone, in a shallow one and in an archive that git made
 * of it. Where nothing says which commit it is, it is the bare version, which is older than all of them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { VERSION } from '../shared/version.ts';

export interface Release {
  /** What the programs, Debian's packages and the tarball are called. */
  version: string;
  /** The same for Sugar, which takes numbers without leading zeros only. */
  sugarVersion: string;
  /** Seconds since 1970: the time of every file that is packed. */
  time: number;
}

interface Commit {
  /** Seconds since 1970. */
  time: number;
  /** Empty where only a date is known. */
  hash: string;
  /** Files that are built have changed since. */
  changed: boolean;
}

/** `%ct %H` of git. */
const COMMIT = /^(\d{1,12}) ([0-9a-f]{40})\s*$/;
const HASH_LENGTH = 8;
/** git fills it in where it makes an archive (.gitattributes). */
const ARCHIVED = 'bundle/commit.txt';
/** Of a build that nobody knows the date of: 2026-01-01. */
const NO_TIME = 1_767_225_600;

/**
 * That of the tree in `from`, whose built files are below `sources`. `SOURCE_DATE_EPOCH` (seconds since
 * 1970) gives the time of the files, and of the version where no commit is known. Never throws.
 */
export function releaseOf(
  from: string,
  sources: readonly string[],
  env: NodeJS.ProcessEnv,
): Release {
  const given = /^\d{1,12}$/.exec(env.SOURCE_DATE_EPOCH ?? '')?.[0];
  const commit = commitOfClone(from, sources) ?? commitOfArchive(from) ?? dateOnly(given);
  const time = Number(given ?? commit?.time ?? NO_TIME);
  if (!commit) return { version: VERSION, sugarVersion: VERSION, time };
  const [day = '', clock = ''] = new Date(commit.time * 1000)
    .toISOString()
    .replaceAll(/[-:]/g, '')
    .split(/[T.]/);
  const parts = [day, clock, commit.hash, commit.changed ? 'changed' : ''].filter(Boolean);
  const sugarVersion = `${VERSION}.${day}.${Number(clock)}`;
  return { version: `${VERSION}+${parts.join('.')}`, sugarVersion, time };
}

/** Undefined without git, or where the folder is none of its clones, whatever it lies in. */
function commitOfClone(from: string, sources: readonly string[]): Commit | undefined {
  if (!existsSync(join(from, '.git'))) return undefined;
  try {
    const commit = readCommit(git(from, 'log', '-1', '--format=%ct %H'));
    const changes = git(from, 'status', '--porcelain', '--untracked-files=no', '--', ...sources);
    return commit && { ...commit, changed: changes.trim() !== '' };
  } catch {
    return undefined;
  }
}

/** Whoever builds runs this tree's code, so that another owner of the folder is no reason to refuse. */
function git(from: string, ...args: string[]): string {
  const own = ['-c', `safe.directory=${from.replace(/\/$/, '')}`, '--no-optional-locks'];
  const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
  return execFileSync('git', [...own, ...args], { cwd: from, encoding: 'utf8', stdio });
}

function commitOfArchive(from: string): Commit | undefined {
  const file = join(from, ARCHIVED);
  return existsSync(file) ? readCommit(readFileSync(file, 'utf8')) : undefined;
}

function readCommit(text: string): Commit | undefined {
  const [, time, hash = ''] = COMMIT.exec(text) ?? [];
  if (time === undefined) return undefined;
  return { time: Number(time), hash: hash.slice(0, HASH_LENGTH), changed: false };
}

function dateOnly(given: string | undefined): Commit | undefined {
  return given === undefined ? undefined : { time: Number(given), hash: '', changed: false };
}

/** The programs say the whole version. */
export function stamped(version: string): Plugin {
  return {
    name: 'version',
    setup(build) {
      build.onLoad({ filter: /\/shared\/version\.ts$/ }, () => ({
        contents: `export const VERSION = ${JSON.stringify(version)};`,
      }));
    },
  };
}
