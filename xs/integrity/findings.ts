/**
 * What the last check of a laptop's folder found and could not put right: `.findings.json` (PROTOCOL.md).
 * There is no file when all was well. A file that cannot be read counts as a finding. Where the laptop's folder
 * takes no file, the findings wait in the state folder: they are what the trouble is about.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import * as v from 'valibot';
import { isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inLaptop, inState, type Paths } from '../storage/paths.ts';

const findingSchema = v.object({
  /** The folder relative to the laptop's: a snapshot, `held/…` or `pinned/…`; empty for its own. */
  folder: v.string(),
  /** The file in that folder. */
  file: v.string(),
  what: v.picklist(['missing', 'damaged', 'unreadable']),
  /** Of the entry, if that can still be read. */
  title: v.nullable(v.string()),
});
const noteSchema = v.object({
  version: v.literal(1),
  /** ISO 8601. */
  checked: v.string(),
  /** How many there are; the list is cut. */
  count: v.pipe(v.number(), v.safeInteger()),
  findings: v.array(findingSchema),
});
export type NamesFinding = v.InferOutput<typeof findingSchema>;
export type FindingsNote = v.InferOutput<typeof noteSchema>;

/** Findings in the file; more are counted. */
const MAX_LISTED = 200;

/** The last check's findings; none when all was well, or when there was no check yet. */
export function readFindings(paths: Paths, serial: Serial): FindingsNote {
  const aside = readNote(inState(paths).findings(serial));
  return aside.count > 0 ? aside : readNote(inLaptop(paths, serial).findings);
}

function readNote(path: string): FindingsNote {
  try {
    return v.parse(noteSchema, JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const none = { version: 1, checked: '', count: 0, findings: [] } as const;
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return { ...none, findings: [] };
    const file = '.findings.json';
    return { ...none, count: 1, findings: [{ folder: '', file, what: 'unreadable', title: null }] };
  }
}

/** Into the laptop's folder; into the state folder when that one refuses, and then throws why. */
export function writeFindings(
  paths: Paths,
  serial: Serial,
  findings: readonly NamesFinding[],
  now: Date,
): void {
  const aside = inState(paths).findings(serial);
  try {
    writeNote(inLaptop(paths, serial).findings, findings, now);
  } catch (error) {
    mkdirSync(inState(paths).findingsFolder, { recursive: true, mode: 0o750 });
    writeNote(aside, findings, now);
    throw error;
  }
  rmSync(aside, { force: true });
}

function writeNote(path: string, findings: readonly NamesFinding[], now: Date): void {
  if (findings.length === 0) {
    rmSync(path, { recursive: true, force: true });
    return;
  }
  const listed = findings.slice(0, MAX_LISTED);
  const note = { version: 1, checked: now.toISOString(), count: findings.length, findings: listed };
  writeFileDurably(path, `${JSON.stringify(note)}\n`, 0o640);
}
