/**
 * The school server's SSH host key. It is pinned at the first enrolment and never replaced silently:
 * only a person who says that the server was replaced removes it.
 */
import { readFileSync } from 'node:fs';
import { DsError, isErrno } from '../../shared/errors.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { Paths } from '../paths.ts';

/** The server's name in our known_hosts, whatever its address is today. */
export const HOST_ALIAS = 'ds-backup-server';

/** The pinned key as `type base64`; undefined before the first accepted enrolment. */
export function readHostKey(paths: Paths): string | undefined {
  try {
    const text = readFileSync(paths.knownHosts, 'utf8').trim();
    return text.startsWith(`${HOST_ALIAS} `) ? text.slice(HOST_ALIAS.length + 1) : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Throws `untrusted-server` when another key is pinned. */
export function checkHostKey(paths: Paths, hostKey: string): void {
  const pinned = readHostKey(paths);
  if (pinned !== undefined && pinned !== parsePublicKey(hostKey).line) throw untrustedServer();
}

/** Pins a key that `checkHostKey` accepted. */
export function pinHostKey(paths: Paths, hostKey: string): void {
  writeFileDurably(paths.knownHosts, `${HOST_ALIAS} ${parsePublicKey(hostKey).line}\n`);
}

export function untrustedServer(): DsError {
  return new DsError('untrusted-server', 'this is not the school server this laptop knows', {
    hint:
      'ask the teacher whether the school server was replaced; only if it was: ' +
      '"ds-backup forget-server"',
  });
}
