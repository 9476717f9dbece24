/**
 * The session script as sshd runs it, for one command of a client.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inState } from '../../xs/paths.ts';
import { SERIAL, type TestLibrary } from './library.ts';

const script = new URL('../../xs/session/ds-session.sh', import.meta.url).pathname;
/** What a current rsync says it can. */
export const CAPS = 'e.iLsfxCIvu';

export function session(
  library: TestLibrary,
  command: string | undefined,
  serial: string = SERIAL,
  reserveKiB = 0,
  hasLease = true,
) {
  const conf = join(library.folder, 'session.conf');
  const socket = join(library.folder, 'no.sock');
  const { leasesFolder, replacesFolder } = inState(library.paths);
  mkdirSync(leasesFolder, { recursive: true });
  if (hasLease) writeFileSync(join(leasesFolder, serial), '');
  else rmSync(join(leasesFolder, serial), { force: true });
  writeFileSync(
    conf,
    `LIBRARY='${library.paths.library}'\nCOMPLETION='${library.paths.completion}'\nSOCKET='${socket}'\nREPLACES='${replacesFolder}'\nLEASES='${leasesFolder}'\nRESERVE=${reserveKiB}\n`,
  );
  const env = {
    PATH: process.env.PATH,
    ...(command !== undefined && { SSH_ORIGINAL_COMMAND: command }),
  };
  return spawnSync('sh', [script, conf, serial], {
    env,
    input: '',
    timeout: 10_000,
    encoding: 'utf8',
  });
}
