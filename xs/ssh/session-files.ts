/**
 * The session script and its settings, copied to where sessions may read them whatever the ownership of
 * the program's own folder. Nothing is written when they are there: the disk may be full.
 */
import { readFileSync } from 'node:fs';
import { writeFileIfChanged } from '../../shared/system/files.ts';
import { inState, type Paths } from '../storage/paths.ts';

/** `reserveBytes` is what has to stay free on the library's disk. */
export function installSession(paths: Paths, script: string, reserveBytes: number): void {
  const files = inState(paths);
  writeFileIfChanged(files.session, readFileSync(script), 0o755);
  const settings = {
    LIBRARY: paths.library,
    COMPLETION: paths.completion,
    SOCKET: files.apiSocket,
    REPLACES: files.replacesFolder,
    LEASES: files.leasesFolder,
    RESERVE: Math.floor(reserveBytes / 1024),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  writeFileIfChanged(files.sessionConfig, lines.join(''), 0o644);
}
