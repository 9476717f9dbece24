/**
 * The user and group that sessions run as when the service is root's. Both are an account's, by name: on
 * most machines the number of a user is the number of somebody else's group, whose members could read and
 * write the children's folders.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { namesIn } from '../../shared/system/files.ts';
import type { Faults } from '../ground/faults.ts';
import { ifReadable } from '../storage/checked-entry.ts';
import type { Ownership } from '../storage/ownership.ts';
import { inLaptop, inLibrary, type Paths } from '../storage/paths.ts';

export interface Account {
  uid: number;
  gid: number;
}

/** The line of a system database for a name or a number, as getent(1) gives it. */
export type Lookup = (database: 'passwd' | 'group', key: string) => string | undefined;

/**
 * The account called `user`, or the one with this user id. A number that is nobody's is taken for user and
 * group, unless a group has that number. Throws `config`, and says what to do.
 */
export function sessionAccount(
  user: string,
  uid: number | undefined,
  lookup: Lookup = getent,
): Account {
  const named = lookup('passwd', user);
  const byName = uid === undefined || Number(named?.split(':')[2]) === uid;
  const [name, , ownUid = '', ownGid = ''] =
    (byName ? named : lookup('passwd', String(uid)))?.split(':') ?? [];
  if (uid === undefined && name === undefined) {
    throw new DsError(
      'config',
      `run by root, the service needs the user "${user}" for its sessions`,
      {
        hint: `${MAKE} ${user}, or give its id as "ssh.uid", or run the service as an ordinary user`,
      },
    );
  }
  const account = name === undefined ? { uid: uid ?? 0, gid: uid ?? 0 } : numbers(ownUid, ownGid);
  if (account.uid === 0) throw new DsError('config', 'sessions must not run as root');
  const group = lookup('group', String(account.gid))?.split(':')[0];
  if (group === undefined || group === name) return account;
  const who = name ?? user;
  throw new DsError('config', `sessions would share the group "${group}" with others`, {
    hint:
      name === undefined
        ? `user id ${account.uid} is nobody's: ${MAKE} ${who}`
        : `groupadd --system ${who} && usermod -g ${who} ${who}`,
  });
}

const MAKE = 'adduser --system --group --no-create-home';

const numbers = (uid: string, gid: string): Account => ({ uid: Number(uid), gid: Number(gid) });

function getent(database: 'passwd' | 'group', key: string): string | undefined {
  try {
    return execFileSync('getent', [database, key], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined; // there is none
  }
}

/**
 * Whether sessions can read what is there: a library that was moved has the numbers of another machine.
 * Throws `config` with the command that gives it to them.
 */
export function checkGroup(
  paths: Paths,
  { ownUid, sessionGid }: Pick<Ownership, 'ownUid' | 'sessionGid'>,
  serials: readonly Serial[],
): void {
  if (ownUid !== 0) return;
  const { library } = paths;
  const { trash } = inLibrary(paths);
  for (const serial of serials) {
    for (const folder of snapshotFolders(paths, serial)) {
      const gid = lstatSync(folder, { throwIfNoEntry: false })?.gid;
      if (gid === undefined || gid === sessionGid) continue;
      // What comes back from the trash is to be readable, too.
      const also = existsSync(trash) ? ` ${trash}` : '';
      throw new DsError('config', `sessions cannot read ${folder}: its group is ${gid}`, {
        hint: `chgrp -R -h ${sessionGid} ${library}/.pool ${library}/[A-Z]*${also}`,
      });
    }
  }
}

/** Looks again so often while it is not as it should be, in milliseconds. */
const LOOK_MS = 60_000;

/** The same for the service, which serves all others meanwhile: a fault with the way out, until it is put right. */
export function watchGroup(
  { paths, faults, serials }: { paths: Paths; faults: Faults; serials: () => readonly Serial[] },
  ownership: Pick<Ownership, 'ownUid' | 'sessionGid'>,
  everyMs = LOOK_MS,
): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    try {
      checkGroup(paths, ownership, serials());
      faults.clear('rights');
    } catch (error) {
      faults.note('rights', error);
      timer = setTimeout(look, everyMs).unref();
    }
  };
  look();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** The same for who has no service at hand, nor its user: a library of root's is served by root. */
export function checkGroupHere(
  paths: Paths,
  { user, uid }: { user: string; uid?: number | undefined },
  serials: readonly Serial[],
): void {
  if (lstatSync(paths.library, { throwIfNoEntry: false })?.uid !== 0) return;
  let account: Account;
  try {
    account = sessionAccount(user, uid);
  } catch {
    return; // a copy on a machine without a service
  }
  checkGroup(paths, { ownUid: 0, sessionGid: account.gid }, serials);
}

/** All of a laptop: a command that heals may have been stopped in the middle. */
function snapshotFolders(paths: Paths, serial: Serial): string[] {
  const laptop = inLaptop(paths, serial);
  const namesOf = (folder: string) =>
    ifReadable(() => namesIn(folder)).flatMap((name) => tryParse(parseSnapshotName, name) ?? []);
  return [
    ...namesOf(laptop.home).map((name) => laptop.snapshot(name)),
    ...namesOf(laptop.held).map((name) => laptop.heldSnapshot(name)),
  ];
}
