/**
 * Whether Sugar's datastore would delete or alter an entry when it rebuilds its index: it deletes every
 * entry that it cannot read or index, with its folder (carquinyol, `__update_index_cb`). A rebuild may
 * be asked for only after every entry has passed this check.
 */
import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { asDsError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import {
  entrySignature,
  readPlainFile,
  readProperties,
  type Signature,
  type TreeEntry,
} from '../../shared/journal/journal-tree.ts';
import { listShownEntries, notListed } from './entry-name.ts';
import { isGone } from './problem.ts';

/** The largest property the datastore reads, in bytes (MAX_SIZE in its metadatareader). */
export const MAX_PROPERTY_BYTES = 512_000;
/** Xapian's terms have at most 245 bytes, the prefix and escaped bytes included. */
export const MAX_TERM_BYTES = 200;
/** Indexed as one term each (`_QUERY_TERM_MAP` in its indexstore). */
export const TERMS = ['uid', 'activity', 'activity_id', 'mime_type', 'keep', 'project_id'];
const NUMBERS = ['timestamp', 'creation_time', 'filesize'];
/** The rebuild adds these where they are missing, and deletes the entry when it cannot write them. */
const NEEDED = ['timestamp', 'creation_time'];
const MAX_INT32 = 2 ** 31 - 1;
const PICTURE = 'preview';

/** Why a rebuild could delete or alter an entry with these properties; undefined when it will not. */
export function rebuildHazard(
  properties: ReadonlyMap<string, Buffer>,
  hasContent: boolean,
): string | undefined {
  for (const [name, bytes] of properties) {
    if (bytes.length > MAX_PROPERTY_BYTES) return `${name} is too large`;
    if (NUMBERS.includes(name) && !isInt32(bytes)) return `${name} is not a whole number`;
    if (name !== PICTURE && !isUtf8(bytes)) return `${name} is not text`;
    const term = TERMS.includes(name);
    if (term && (bytes.length > MAX_TERM_BYTES || bytes.includes(0))) return `${name} is too long`;
  }
  const missing = NEEDED.find((name) => !properties.has(name));
  if (missing) return `${missing} is missing`;
  return hasContent && !properties.has('filesize') ? 'filesize is missing' : undefined;
}

/** Entries that passed, with their signatures at that time. */
export type Survey = Map<Uid, Signature>;

/**
 * Checks every entry whose signature is not the one in `before`; `trusted` ones pass unchecked. Returns
 * the new survey, or in words why the index must not be rebuilt.
 */
export function surveyJournal(
  journal: string,
  before: ReadonlyMap<Uid, Signature>,
  trusted: ReadonlySet<Uid>,
): Survey | string {
  const survey: Survey = new Map();
  let strange = '';
  const entries = listShownEntries(
    journal,
    (path) => {
      // The rebuild takes every name of this length for an entry's.
      if (basename(path).length === 36) strange = `${basename(path)} is not an entry`;
    },
    (prefix, error) => {
      strange = notListed(prefix, error);
    },
  );
  if (strange) return strange;
  for (const entry of entries) {
    try {
      const signature = entrySignature(entry);
      if (before.get(entry.uid) !== signature && !trusted.has(entry.uid)) {
        const hazard = hazardOf(entry);
        if (hazard) return `entry ${entry.uid}: ${hazard}`;
      }
      survey.set(entry.uid, signature);
    } catch (error) {
      if (!isGone(entry)) return asDsError(error).message;
    }
  }
  return survey;
}

function hazardOf(entry: TreeEntry): string | undefined {
  const folder = join(entry.path, 'metadata');
  // Node replaces what is not UTF-8 in a name by this character.
  const nameless = readdirSync(folder).some((name) => name.includes('\ufffd'));
  if (nameless) return 'a property has a name that is not text';
  const { properties } = readProperties(entry);
  const checksum = readPlainFile(entry, join(folder, 'checksum'), MAX_PROPERTY_BYTES);
  if (checksum) properties.set('checksum', checksum);
  const content = lstatSync(join(entry.path, 'data'), { throwIfNoEntry: false });
  return rebuildHazard(properties, content !== undefined);
}

function isInt32(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return /^-?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= MAX_INT32;
}
