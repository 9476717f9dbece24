/**
 * The laptop's own ed25519 key. Sugar's owner.key is DSA, which today's SSH refuses.
 */

import { makeKeyFile, readKeyFile } from '../../shared/ssh/key-file.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { Context } from '../context.ts';

/**
 * The public half, `ssh-ed25519 …`, of the key there is, or of a new one where there is none or it is
 * damaged: a teacher lets that one in. Under takeIntroduction().
 */
export async function ensureKey(context: Context): Promise<string> {
  const found = await readKeyFile(context.paths.key, context);
  return typeof found === 'object' ? keepPublic(context, found.line) : renewKey(context);
}

/** Makes a key, in place of the one there may be. Returns its public half. Under takeIntroduction(). */
export async function renewKey(context: Context): Promise<string> {
  return keepPublic(context, await makeKeyFile(context.paths.key, 'ds-backup', context));
}

/** For those who only want to show it. The private half is the truth. */
function keepPublic({ paths }: Context, line: string): string {
  writeFileDurably(paths.publicKey, `${line}\n`);
  return line;
}
