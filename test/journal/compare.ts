/**
 * Compares Journals file by file, without any of our own formats: the judge must not be a party.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** uid → file in the entry's folder → SHA-256 of it. */
export type JournalSums = Map<string, Map<string, string>>;

export interface Comparison {
  identical: number;
  /** `uid: file, file…` for entries that are on both sides. */
  different: string[];
  missing: string[];
  extra: string[];
}

/** The datastore's own book-keeping, which comes and goes by itself. */
const BOOK_KEEPING = new Set(['metadata/checksum', 'metadata/.checksum']);

/** Reads every file of every entry. An absent Journal has none. */
export function readJournal(root: string): JournalSums {
  const sums: JournalSums = new Map();
  if (!existsSync(root)) return sums;
  for (const prefix of readdirSync(root)) {
    if (prefix.length !== 2) continue;
    for (const uid of readdirSync(join(root, prefix))) {
      if (uid.length === 36) sums.set(uid, readEntry(join(root, prefix, uid)));
    }
  }
  return sums;
}

/** What became of `before` in `after`. */
export function compareJournals(before: JournalSums, after: JournalSums): Comparison {
  const result: Comparison = { identical: 0, different: [], missing: [], extra: [] };
  for (const [uid, files] of before) {
    const now = after.get(uid);
    if (!now) {
      result.missing.push(uid);
      continue;
    }
    const names = new Set([...files.keys(), ...now.keys()]);
    const changed = [...names].filter((name) => files.get(name) !== now.get(name));
    if (changed.length === 0) result.identical += 1;
    else result.different.push(`${uid}: ${changed.sort().join(', ')}`);
  }
  result.extra = [...after.keys()].filter((uid) => !before.has(uid));
  return result;
}

function readEntry(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  readFolder(Buffer.from(folder), '', files);
  return files;
}

/** Names as bytes: not all of them are text. */
function readFolder(folder: Buffer, above: string, files: Map<string, string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    const name = `${above}${entry.name}`;
    if (entry.isDirectory()) readFolder(path, `${name}/`, files);
    if (!entry.isFile() || BOOK_KEEPING.has(name)) continue;
    files.set(name, createHash('sha256').update(readFileSync(path)).digest('hex'));
  }
}
