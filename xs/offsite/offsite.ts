/**
 * Makes the repository, copies what is new into it, and checks it. A run that is killed anywhere harms nothing:
 * restic's next run goes on, and the state says "copied" only after restic said so.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError } from '../../shared/errors.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { inState, libraryId } from '../storage/paths.ts';
import { readOffsite, writeOffsite } from './offsite-state.ts';
import { recipeOf } from './recipe.ts';
import {
  checkConfigured,
  OffsiteError,
  passwordFile,
  type ResticContext,
  restic,
  TAGGED,
} from './restic.ts';

/** Bytes of the password that is made where there is none. */
const PASSWORD_BYTES = 32;

/** Makes the repository, and the password where its file is absent. Returns whether that was made. */
export async function initOffsite(context: ResticContext): Promise<{ madePassword: boolean }> {
  const { config } = context;
  checkConfigured(config);
  const file = passwordFile(config);
  const madePassword = !existsSync(file);
  if (madePassword) {
    writeFileDurably(file, `${randomBytes(PASSWORD_BYTES).toString('base64url')}\n`, 0o600);
  }
  failpoint('offsite.password');
  await restic(context, ['init', '--repository-version', '2', '--quiet']);
  writeOffsite(config, { ...readOffsite(config), fingerprint: '', problem: null });
  return { madePassword };
}

export interface OffsiteRun {
  /** False when nothing had changed since the last copy. */
  copied: boolean;
  /** Seconds. */
  took: number;
}

/** Copies what is new. Throws OffsiteError and notes it; `busy` while another run is under way. */
export async function runOffsite(context: ResticContext, now: () => Date): Promise<OffsiteRun> {
  const { config, env, signal } = context;
  checkConfigured(config);
  await using _lock = await lockFile(inState(config).offsiteLock, { env, waitSeconds: 0 });
  const began = now();
  const before = readOffsite(config);
  const recipe = await recipeOf(config);
  if (before.problem === null && before.fingerprint === recipe.fingerprint) {
    writeOffsite(config, { ...before, tried: began.toISOString(), copied: began.toISOString() });
    return { copied: false, took: 0 };
  }
  const list = join(config.state, 'offsite-list');
  try {
    writeFileSync(list, recipe.paths.map((path) => `${path}\0`).join(''), { mode: 0o600 });
    failpoint('offsite.listed');
    await restic(context, [
      ...['backup', '--quiet', ...TAGGED, '--host', idOf(config)],
      // Each new link changes the ctime of content that is the same for ever.
      ...['--ignore-ctime', '--exclude', '.copy-*.tmp', '--files-from-raw', list],
    ]);
    failpoint('offsite.copied');
    const ended = now();
    const { fingerprint } = recipe;
    const copied = ended.toISOString();
    writeOffsite(config, { version: 1, tried: copied, copied, fingerprint, problem: null });
    return { copied: true, took: (ended.getTime() - began.getTime()) / 1000 };
  } catch (error) {
    if (!signal?.aborted) {
      const kind = error instanceof OffsiteError ? error.kind : 'other';
      const problem = { kind, text: asDsError(error).message };
      writeOffsite(config, { ...before, tried: began.toISOString(), problem });
    }
    throw error;
  } finally {
    rmSync(list, { force: true });
  }
}

/** Reads the repository's structure, and a part of its data. Throws OffsiteError `damaged`. */
export async function checkOffsite(context: ResticContext, part: string): Promise<void> {
  checkConfigured(context.config);
  await restic(context, ['check', '--quiet', '--read-data-subset', part]);
}

/** The host in restic's list of a library whose id is not known. */
const UNKNOWN = 'ds-backup';

/** The newest copy of a library; of any library where it is not known. */
function idOf({ library, state, completion }: ResticContext['config']): string {
  const file = libraryId({ library, state, completion });
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(/\s/)[0] || UNKNOWN : UNKNOWN;
}
