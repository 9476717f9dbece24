/**
 * Aliases for the session script, which reads neither JSON nor databases: `ssh/replaces/<serial>` lists
 * the laptops whose snapshots that laptop may read, one serial per line. No file: its own snapshots only.
 * Written from the registrations at each start and at each change of an alias.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import { fsyncFolder, namesIn, writeFileDurably } from '../../shared/system/files.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inState, type Paths } from '../storage/paths.ts';
import { chainOf, type Laptops } from './aliases.ts';

export function writeReplaces(paths: Paths, ownership: Ownership, laptops: Laptops): void {
  const { replacesFolder, replaces } = inState(paths);
  makeReadableFolder(ownership, replacesFolder);
  // Revoked permissions are removed first: that must succeed even if writing fails on a full disk.
  let removed = false;
  const kept = new Set<string>();
  for (const name of namesIn(replacesFolder)) {
    const serial = tryParse(parseSerial, name);
    const wanted = serial ? formatChain(chainOf(serial, laptops)) : '';
    if (serial && wanted !== '' && readText(replaces(serial)) === wanted) {
      kept.add(serial);
      continue;
    }
    rmSync(join(replacesFolder, name), { recursive: true, force: true });
    removed = true;
  }
  if (removed) fsyncFolder(replacesFolder);
  for (const [serial, { alias }] of laptops) {
    const text = alias && !kept.has(serial) ? formatChain(chainOf(serial, laptops)) : '';
    if (text !== '') writeFileDurably(replaces(serial), text, 0o644);
  }
}

/** The laptops that this one replaces, for programs that have not loaded the registrations. */
export function readReplaced(paths: Paths, serial: Serial): Serial[] {
  const lines = (readText(inState(paths).replaces(serial)) ?? '').split('\n');
  return lines.flatMap((line) => tryParse(parseSerial, line) ?? []);
}

function formatChain(chain: readonly string[]): string {
  return chain.map((serial) => `${serial}\n`).join('');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EISDIR')) return undefined;
    throw error;
  }
}
