/**
 * The laptop's own ed25519 key. Sugar's owner.key is DSA, which today's SSH refuses.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fsyncFolder, namesIn } from '../shared/files.ts';
import { run } from '../shared/run.ts';
import { parsePublicKey } from '../shared/ssh-key.ts';
import type { Context } from './context.ts';

/** The public half, `ssh-ed25519 …`, of the key there is, or of a new one. Under takeIntroduction(). */
export async function ensureKey(context: Context): Promise<string> {
  const { key, publicKey } = context.paths;
  if (!existsSync(key) || !existsSync(publicKey)) return renewKey(context);
  return parsePublicKey(readFileSync(publicKey, 'utf8')).line;
}

/** Makes a key, in place of the one there may be. Returns its public half. Under takeIntroduction(). */
export async function renewKey({ paths, env, signal }: Context): Promise<string> {
  const start = `${basename(paths.key)}.new`;
  for (const name of namesIn(paths.own)) {
    if (name.startsWith(start)) rmSync(join(paths.own, name));
  }
  // A name of our own: the ssh-keygen of a run that was killed may still be writing.
  const draft = `${paths.key}.new-${process.pid}`;
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', 'ds-backup', '-f', draft];
  await run('ssh-keygen', args, { env, signal });
  const line = parsePublicKey(readFileSync(`${draft}.pub`, 'utf8')).line;
  // The private half is what counts, so it goes first and comes last: without it a key is made again.
  rmSync(paths.key, { force: true });
  renameSync(`${draft}.pub`, paths.publicKey);
  renameSync(draft, paths.key);
  fsyncFolder(paths.own);
  return line;
}
