/**
 * Whether sessions can work here, found out by one real run of their sandbox as their user when the service
 * starts: later, the laptops would only see a connection that closes.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { ExitError, run } from '../../shared/system/run.ts';
import type { Ownership } from '../storage/ownership.ts';
import { inState, type Paths } from '../storage/paths.ts';

export interface StartCheck {
  paths: Paths;
  ownership: Ownership;
  env: NodeJS.ProcessEnv;
  log: Log;
}

/** The first version of rsync without the holes that were published in January 2025. */
const SOUND_RSYNC = [3, 4] as const;

/** Logs what is wrong, with a way out, and the versions that sessions use. Throws nothing. */
export async function checkSessions(check: StartCheck): Promise<void> {
  const { log } = check;
  try {
    const version = await rsyncVersion(check);
    log.info('sessions-work', { rsync: version });
    if (hasKnownHoles(version)) {
      const reason = 'CVE-2024-12084 to 12088 and 12747, unless the distribution mended them';
      log.warn('rsync-is-old', { version, reason, hint: 'apt-get install --only-upgrade rsync' });
    }
  } catch (error) {
    const reason = error instanceof ExitError ? error.stderr.trim() : asDsError(error).message;
    log.warn('sessions-do-not-work', { reason, hint: hintFor(reason) });
  }
}

/** The version that a session's sandbox has; throws when there is no sandbox. */
async function rsyncVersion({ paths, ownership, env }: StartCheck): Promise<string> {
  const { session, sessionConfig } = inState(paths);
  const { ownUid, sessionUid, sessionGid } = ownership;
  const user = ['setpriv', `--reuid=${sessionUid}`, `--regid=${sessionGid}`, '--clear-groups'];
  const command = [...(ownUid === 0 ? user : []), 'sh', session, sessionConfig, 'check'];
  const { stdout } = await run(command[0] ?? 'sh', command.slice(1), { env });
  return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

/** By the version alone: distributions mend older ones without changing it. */
export function hasKnownHoles(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  if (!Number.isInteger(major) || !Number.isInteger(minor)) return false;
  const [soundMajor, soundMinor] = SOUND_RSYNC;
  return (major ?? 0) < soundMajor || (major === soundMajor && (minor ?? 0) < soundMinor);
}

/** What to do when a sandbox does not begin. */
export function hintFor(reason: string): string {
  if (/namespace|uid map|Operation not permitted|No permissions|Permission denied/i.test(reason)) {
    return (
      'allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 and, on Ubuntu from 24.04 on, ' +
      'kernel.apparmor_restrict_unprivileged_userns=0; a container has to be allowed to nest'
    );
  }
  return 'run bundle/setup.sh, or: apt-get install bubblewrap rsync socat';
}
