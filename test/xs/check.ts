/**
 * The judge of snapshots: coreutils' own sha256sum, over metadata and content of every entry.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Serial } from '../../shared/ids.ts';
import { inSnapshot, type Paths } from '../../xs/storage/paths.ts';
import { sha256Lines } from '../../xs/storage/sha256sum.ts';
import { listSnapshots, type Snapshot } from '../../xs/storage/snapshots.ts';

/** The sums of one snapshot, after sha256sum agreed and nothing else was found beside them. */
export function checkSnapshot(snapshot: Snapshot): string {
  const lines = [...sha256Lines(snapshot)];
  const input = lines.map((line) => `${line}\n`).join('');
  const options = { cwd: snapshot.folder, input };
  if (lines.length > 0) execFileSync('sha256sum', ['--check', '--strict', '--quiet'], options);
  const known = new Set(Object.values(inSnapshot(snapshot.folder)));
  const files = readdirSync(snapshot.folder).filter(
    (name) => !known.has(`${snapshot.folder}/${name}`),
  );
  if (files.length !== lines.length) {
    throw new Error(`${snapshot.folder}: ${files.length} files, ${lines.length} sums`);
  }
  return input;
}

/** Checks every snapshot of a laptop: sequence → its sums. */
export function checkSnapshots(paths: Paths, serial: Serial): Map<number, string> {
  return new Map(listSnapshots(paths, serial).map((one) => [one.sequence, checkSnapshot(one)]));
}
