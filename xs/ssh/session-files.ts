/**
 * The session script and its settings, copied to where sessions may read them whatever the ownership of
 * the program's own folder.
 */
import { chmodSync, copyFileSync, renameSync } from 'node:fs';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inState, type Paths } from '../storage/paths.ts';

/** `reserveBytes` is what has to stay free on the library's disk. */
export function installSession(paths: Paths, script: string, reserveBytes: number): void {
  const files = inState(paths);
  copyFileSync(script, `${files.session}.tmp`);
  chmodSync(`${files.session}.tmp`, 0o755);
  renameSync(`${files.session}.tmp`, files.session);
  const settings = {
    LIBRARY: paths.library,
    COMPLETION: paths.completion,
    SOCKET: files.apiSocket,
    REPLACES: files.replacesFolder,
    LEASES: files.leasesFolder,
    RESERVE: Math.floor(reserveBytes / 1024),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  writeFileDurably(files.sessionConfig, lines.join(''), 0o644);
}
