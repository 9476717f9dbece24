/**
 * The session script as sshd runs it, for one command of a client.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inState, type Paths } from '../../../xs/storage/paths.ts';
import { scaled } from '../../runner/patience.ts';
import { SERIAL, type TestLibrary } from '../library.ts';

const script = new URL('../../../xs/ssh/ds-session.sh', import.meta.url).pathname;
/** What a current rsync says it can. */
export const CAPS = 'e.iLsfxCIvu';

interface SessionOptions {
  reserveKiB?: number;
  hasLease?: boolean;
}

/** What `sh` runs for a laptop's key. */
export function sessionCommand(
  paths: Paths,
  serial: string,
  { reserveKiB = 0, hasLease = true }: SessionOptions = {},
): [script: string, conf: string, serial: string] {
  const conf = inState(paths).sessionConfig;
  const { leasesFolder, replacesFolder } = inState(paths);
  mkdirSync(leasesFolder, { recursive: true });
  if (hasLease) writeFileSync(join(leasesFolder, serial), '');
  else rmSync(join(leasesFolder, serial), { force: true });
  const settings = {
    LIBRARY: paths.library,
    COMPLETION: paths.completion,
    SOCKET: inState(paths).apiSocket,
    REPLACES: replacesFolder,
    LEASES: leasesFolder,
    RESERVE: reserveKiB,
    INODES: 0,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}='${value}'\n`);
  writeFileSync(conf, lines.join(''));
  return [script, conf, serial];
}

export function session(
  library: TestLibrary,
  command: string | undefined,
  serial: string = SERIAL,
  reserveKiB = 0,
  hasLease = true,
) {
  const env = {
    PATH: process.env.PATH,
    ...(command !== undefined && { SSH_ORIGINAL_COMMAND: command }),
  };
  return spawnSync('sh', sessionCommand(library.paths, serial, { reserveKiB, hasLease }), {
    env,
    input: '',
    timeout: scaled(60_000),
    encoding: 'utf8',
  });
}
