/**
 * The laptop's own ed25519 key. Sugar's owner.key is DSA, which today's SSH refuses.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fsyncFolder } from '../shared/files.ts';
import { run } from '../shared/run.ts';
import { parsePublicKey } from '../shared/ssh-key.ts';
import type { Context } from './context.ts';

/** Makes the key where there is none. Returns its public half, `ssh-ed25519 …`. */
export async function ensureKey({ paths, env, signal }: Context): Promise<string> {
  if (!existsSync(paths.key) || !existsSync(paths.publicKey)) {
    const draft = `${paths.key}.new`;
    for (const half of [draft, `${draft}.pub`]) rmSync(half, { force: true });
    const args = ['-q', '-t', 'ed25519', '-N', '', '-C', 'ds-backup', '-f', draft];
    await run('ssh-keygen', args, { env, signal });
    // The private half is what counts, so it comes last: a public half alone is made again.
    renameSync(`${draft}.pub`, paths.publicKey);
    renameSync(draft, paths.key);
    fsyncFolder(paths.own);
  }
  return parsePublicKey(readFileSync(paths.publicKey, 'utf8')).line;
}
