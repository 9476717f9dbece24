/**
 * Runs restic on the school's repository: idle priority, its own cache, no question ever asked; and says what its
 * errors mean. The password is in a file that only the service's user reads, never on a command line.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import { namesIn } from '../../shared/system/files.ts';
import { ExitError, run } from '../../shared/system/run.ts';
import type { Config } from '../config.ts';
import { IDLE } from '../storage/idle.ts';
import type { OffsiteProblem } from './offsite-state.ts';

export interface ResticContext {
  config: Config;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}

/** Of every copy of a school in the repository. */
export const TAGGED = ['--tag', 'ds-backup'] as const;

/** Why a copy did not come about. */
export class OffsiteError extends DsError {
  readonly kind: OffsiteProblem;

  constructor(kind: OffsiteProblem, text: string, cause?: unknown) {
    super('program-failed', text, { hint: HINTS[kind], retry: kind !== 'password', cause });
    this.kind = kind;
  }
}

const HINTS: Readonly<Record<OffsiteProblem, string>> = {
  password: 'offsite.passwordFile is not the one that the repository was made with',
  lost: 'is the disk plugged in, and offsite.repository right? A new one: xs-backup offsite init',
  locked: 'another program is at work in it; after one that was killed: restic unlock',
  full: 'make room where the repository is, or forget old copies there',
  unreachable: 'is there a network? It is tried again by itself, or by "xs-backup offsite run"',
  damaged: 'make a new repository elsewhere, and keep this one until that has a copy',
  other: '"xs-backup offsite check" looks at it again',
};

const MEANINGS: readonly (readonly [RegExp, OffsiteProblem])[] = [
  [/wrong password|no key found|cannot read password/i, 'password'],
  [/no space left|disk quota exceeded|ENOSPC/i, 'full'],
  [/already locked|unable to create lock/i, 'locked'],
  [
    /connection refused|no route to host|timed out|could not resolve|network is unreachable|unable to start the sftp session|dial tcp/i,
    'unreachable',
  ],
  [/is there a repository|unable to open config|no such file|does not exist/i, 'lost'],
  [/checksum|ciphertext verification|repository contains errors|damaged|invalid data/i, 'damaged'],
];

/** What nice(1) says, in all its quotation marks. */
const IS_ABSENT = /^nice: \W?restic\W?: No such file/;

/**
 * Runs `restic` with these arguments; returns what it printed. A lock that a killed program left is removed by
 * restic's own rule: its process is dead, or it is older than half an hour. Throws OffsiteError, or `config`.
 */
export async function restic(context: ResticContext, args: readonly string[]): Promise<string> {
  try {
    return await runRestic(context, args);
  } catch (error) {
    if (!(error instanceof OffsiteError) || error.kind !== 'locked') throw error;
    await runRestic(context, ['unlock', '--quiet']);
    return await runRestic(context, args);
  }
}

async function runRestic(
  { config, env, signal }: ResticContext,
  args: readonly string[],
): Promise<string> {
  const { repository, sftpCommand, uploadKiB } = config.offsite;
  const cache = join(config.state, 'restic-cache');
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const own = {
    ...{ PATH: env.PATH, HOME: env.HOME ?? config.state, ...credentials(config) },
    RESTIC_PASSWORD_FILE: passwordFile(config),
    RESTIC_CACHE_DIR: cache,
    RESTIC_REPOSITORY: repository,
    LC_ALL: 'C.UTF-8',
  };
  const options = [
    ...(sftpCommand === '' ? [] : ['-o', `sftp.command=${sftpCommand}`]),
    ...(uploadKiB === 0 ? [] : ['--limit-upload', String(uploadKiB)]),
  ];
  try {
    const words = [...IDLE, 'restic', ...options, ...args];
    const { stdout } = await run('ionice', words, { env: own, ...(signal && { signal }) });
    return stdout;
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    const text = withoutSecrets(error.stderr.trim());
    if (IS_ABSENT.test(text)) {
      const hint = 'apt-get install restic';
      throw new DsError('config', 'restic is not installed', { hint, cause: error });
    }
    const kind = kindOf(error.exitCode, text);
    throw new OffsiteError(kind, `restic: ${text.split('\n').slice(-2).join(' ')}`, error);
  }
}

/** Restic's exit code for a copy without files that vanished, or could not be read, meanwhile. */
const INCOMPLETE = 3;

function kindOf(exitCode: number | null, text: string): OffsiteProblem {
  if (exitCode === INCOMPLETE) return 'other';
  return MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
}

/** How deep the library may have been on the machine that is gone. */
const MAX_DEPTH = 20;

/**
 * The first of this name in what restic has written, which keeps the whole path of the machine that is gone. A level
 * at a time: the folders above it are few.
 */
export function findRestored(root: string, name: string): string | undefined {
  let level = [root];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const found = level.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found) return found;
    level = level.flatMap((folder) => {
      return namesIn(folder)
        .map((child) => join(folder, child))
        .filter((child) => namesIn(child).length > 0);
    });
  }
  return undefined;
}

/** An address in it without name and password: what is shown and noted is read by others. */
export function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/g, '//…@');
}

/** Throws `config` where no repository is set. */
export function checkConfigured({ offsite }: Config): void {
  if (offsite.repository !== '') return;
  throw new DsError('config', 'no place for a copy elsewhere is set', {
    hint: 'set offsite.repository in the configuration, then "xs-backup offsite init"',
  });
}

export function passwordFile({ offsite, state }: Config): string {
  return offsite.passwordFile ?? join(state, 'offsite-password');
}

/** Lines `NAME=value`, as for systemd: what object storage or a REST server wants to know. */
function credentials({ offsite }: Config): NodeJS.ProcessEnv {
  const file = offsite.environmentFile;
  if (file === undefined || !existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value = ''] = /^\s*([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line) ?? [];
      return name ? [[name, value]] : [];
    }),
  );
}
