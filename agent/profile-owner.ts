/**
 * A command that root types works on a child's profile as the child: what it makes is hers, and its keys and
 * settings are those that she can read.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { DsError } from '../shared/errors.ts';

/** What of an environment belongs to whoever logged in, besides `HOME`. */
const OF_A_SESSION = /^(XDG_.*|DBUS_SESSION_BUS_ADDRESS|USER|LOGNAME|MAIL)$/;

/**
 * Where root runs this process and the profile, or the nearest folder above it that is there, is another user's:
 * makes the process hers for good, before it opens anything. Returns the environment to go on with. Throws
 * `config` where she has no account, without which ssh does nothing.
 */
export function becomeOwner(profile: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (process.getuid?.() !== 0) return env;
  const uid = ownerOf(profile);
  if (uid === 0) return env;
  const [group, ...others] = groupsOf(uid);
  if (!group) {
    const message = `${profile} belongs to the user number ${uid}, who has no account on this computer`;
    throw new DsError('config', message, { hint: `make one: useradd --uid ${uid} NAME` });
  }
  process.setgroups?.([group, ...others]);
  process.setgid?.(group);
  process.setuid?.(uid);
  return isHers(env.HOME, uid) ? env : environmentOf(env);
}

/** Who has the path, or the nearest folder above it that is there. */
function ownerOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat || path === dirname(path) ? (stat?.uid ?? 0) : ownerOf(dirname(path));
}

/** Of the account with this number, its own first; empty where there is none. */
function groupsOf(uid: number): number[] {
  const ask = (what: string) => {
    return execFileSync('id', [what, '--', String(uid)], { encoding: 'utf8', stdio: 'pipe' });
  };
  try {
    return [ask('-g'), ...ask('-G').split(' ')].map(Number);
  } catch {
    return [];
  }
}

function isHers(path: string | undefined, uid: number): boolean {
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.uid === uid;
}

/** For a process that is hers by now, of an environment that is root's. */
function environmentOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const rest = Object.entries(env).filter(([name]) => !OF_A_SESSION.test(name));
  const { uid, username, homedir } = userInfo();
  const runtime = `/run/user/${uid}`;
  return {
    ...Object.fromEntries(rest),
    ...{ HOME: homedir, USER: username, LOGNAME: username },
    ...(isHers(runtime, uid) && { XDG_RUNTIME_DIR: runtime }),
  };
}
