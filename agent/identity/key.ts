/**
 * The laptop's own ed25519 key. Sugar's owner.key is DSA, which today's SSH refuses. All callers hold the
 * lock of takeIntroduction().
 */

import { makeKeyFile, readKeyFile } from '../../shared/ssh/key-file.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { Context } from '../context.ts';

/**
 * The public half, `ssh-ed25519 …`, of the existing key, or of a new one where it is absent or damaged;
 * a teacher may have to approve a new one.
 */
export async function ensureKey(context: Context): Promise<string> {
  const found = await readKeyFile(context.paths.key, context);
  return typeof found === 'object' ? keepPublic(context, found.line) : renewKey(context);
}

/** Makes a new key in place of the old one, if any. Returns its public half. */
export async function renewKey(context: Context): Promise<string> {
  return keepPublic(context, await makeKeyFile(context.paths.key, 'ds-backup', context));
}

/** For showing it only: the private half counts. */
function keepPublic({ paths }: Context, line: string): string {
  writeFileDurably(paths.publicKey, `${line}\n`);
  return line;
}
