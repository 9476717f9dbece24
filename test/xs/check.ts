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
  return checkAll([snapshot])[0] ?? '';
}

/** The same for many, by one process. */
export function checkAll(snapshots: readonly Snapshot[]): string[] {
  const all = snapshots.map((one) =>
    [...sha256Lines(one)].map((sum) => {
      if ('line' in sum) return sum.line;
      throw new Error(`${one.folder}/${sum.damaged} is damaged`);
    }),
  );
  // `<sum>  <name>`
  const lines = all.flatMap((sums, n) => {
    return sums.map((line) => line.replace('  ', `  ${snapshots[n]?.folder}/`));
  });
  const options = { input: lines.map((line) => `${line}\n`).join(''), maxBuffer: 2 ** 26 };
  if (lines.length > 0) execFileSync('sha256sum', ['--check', '--strict', '--quiet'], options);
  for (const [n, { folder }] of snapshots.entries()) {
    const known = new Set(Object.values(inSnapshot(folder)));
    const files = readdirSync(folder).filter(
      (name) => !known.has(`${folder}/${name}`) && !name.includes('.set-aside'),
    );
    if (files.length !== all[n]?.length) {
      throw new Error(`${folder}: ${files.length} files, ${all[n]?.length} sums`);
    }
  }
  return all.map((sums) => sums.map((line) => `${line}\n`).join(''));
}

/** Checks every snapshot of a laptop: sequence → its sums. */
export function checkSnapshots(paths: Paths, serial: Serial): Map<number, string> {
  const snapshots = listSnapshots(paths, serial);
  const sums = checkAll(snapshots);
  return new Map(snapshots.map(({ sequence }, n) => [sequence, sums[n] ?? '']));
}
