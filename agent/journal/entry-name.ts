/**
 * Names of entries. Sugar takes any name of 36 characters for an entry's; at school an entry has a uid, so
 * one with another name gets a uid that is derived from it, and returns under its own name.
 */
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { basename } from 'node:path';
import { asDsError, DsError } from '../../shared/errors.ts';
import { parseUid, tryParse, type Uid } from '../../shared/ids.ts';
import { type Entry, propertyText } from '../../shared/journal/entry.ts';
import { listEntries, type TreeEntry } from '../../shared/journal/journal-tree.ts';

const NAME_LENGTH = 36;
/** What Node reads in place of bytes that are not UTF-8. */
const NOT_TEXT = '\ufffd';

/**
 * All entries that Sugar shows, under the uids that they have at school. `onStranger` gets every path that is
 * none; `onFolder` the name of every two-letter folder whose entries are not listed, and why.
 */
export function listShownEntries(
  root: string,
  onStranger: (path: string) => void,
  onFolder: (prefix: string, error: unknown) => void,
): TreeEntry[] {
  const odd: TreeEntry[] = [];
  const sort = (path: string) => {
    if (isTwoLetterLink(path)) {
      onFolder(basename(path), new DsError('unreadable', 'it is a symbolic link'));
      return;
    }
    const [name = '', prefix] = path.split('/').reverse();
    const isEntry = [...name].length === NAME_LENGTH && prefix && name.startsWith(prefix);
    if (isEntry && !name.includes(NOT_TEXT)) odd.push({ uid: uidAtSchool(name), path });
    else onStranger(path);
  };
  return [...listEntries(root, sort, onFolder), ...odd];
}

/** What a folder whose entries are not listed is to a person. */
export function notListed(prefix: string, error: unknown): string {
  const why = asDsError(error).message;
  return `the entries in the Journal's folder ${prefix} cannot be listed: ${why}`;
}

/** Sugar follows it, and shows the entries behind it. */
function isTwoLetterLink(path: string): boolean {
  return (
    basename(path).length === 2 &&
    lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  );
}

/** The entry's name in the Journal, for Sugar's datastore. */
export function nameOf({ path }: TreeEntry): string {
  return basename(path);
}

/** The uid at school of an entry with this name: the name itself where it is a uid. */
export function uidAtSchool(name: string): Uid {
  return tryParse(parseUid, name) ?? derivedUid('name', name);
}

/** The name that an entry from school has in the Journal: the one it came from, or its uid. */
export function nameInJournal(uid: Uid, entry: Pick<Entry, 'properties'>): Uid {
  const name = propertyText(entry, 'uid') ?? '';
  const isName = [...name].length === NAME_LENGTH && !/[/\0]/.test(name);
  // Branded although it is no uid at school: everything that is done in the Journal takes either.
  return isName && uidAtSchool(name) === uid ? (name as Uid) : uid;
}

/** May be a derived uid, which does not begin as the name that it is derived from. */
export function isDerived(uid: Uid): boolean {
  return uid.charAt(14) === '5';
}

/** A uid in the form of a UUID of version 5, always the same for the same texts. */
export function derivedUid(purpose: 'name' | 'beside', ...texts: readonly string[]): Uid {
  const text = `ds-backup ${purpose} 1\n${texts.map((one) => `${one}\n`).join('')}`;
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4];
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`];
  return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-') as Uid;
}
