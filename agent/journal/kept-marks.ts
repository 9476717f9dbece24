/**
 * The entries of the Journal whose content is only at school, by their marks.
 */
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { MAX_METADATA_BYTES } from '../../shared/journal/entry.ts';
import { plainStat } from '../../shared/journal/first-layout.ts';
import { contentOf, readPlainFile, type TreeEntry } from '../../shared/journal/journal-tree.ts';
import { KEPT_PROPERTY, type KeptMark, pinOf, readMark } from '../../shared/journal/kept.ts';
import { inEntry, type Paths } from '../paths.ts';
import { listShownEntries, notListed } from './entry-name.ts';
import { isGone } from './problem.ts';

export interface Marked {
  uid: Uid;
  mark: KeptMark;
}

/**
 * Those without content and with a readable mark; copies of such an entry have one as well. What cannot be
 * read is left out.
 */
export function listMarks(paths: Pick<Paths, 'journal'>): Marked[] {
  return markedEntries(paths, () => {}).filter(({ bytes }) => bytes === 0);
}

/** The same, for whoever deletes what no mark names. Throws `unreadable` where there may be others. */
export function allMarks(paths: Pick<Paths, 'journal'>): Marked[] {
  const refuse = (error: unknown) => {
    throw error;
  };
  return markedEntries(paths, refuse).filter(({ bytes }) => bytes === 0);
}

/** Copies from a day that was shown in the Journal, whole or not, that still have their mark. */
export function listCopies(paths: Pick<Paths, 'journal'>): Uid[] {
  return markedEntries(paths, () => {})
    .filter(({ mark }) => mark.snapshot !== undefined)
    .map(({ uid }) => uid);
}

/** All with a readable mark, and the bytes of their contents. */
function markedEntries({ journal }: Pick<Paths, 'journal'>, onUnread: (error: unknown) => void) {
  if (isGone({ path: journal })) return [];
  const listed = listShownEntries(
    journal,
    () => {},
    (prefix, cause) => {
      onUnread(new DsError('unreadable', notListed(prefix, cause), { cause }));
    },
  );
  return listed.flatMap((entry) => {
    try {
      return markedEntry(entry);
    } catch (error) {
      if (!(error instanceof DsError)) throw error;
      onUnread(error);
      return [];
    }
  });
}

/** Nothing but the mark is read: what is odd about another property does not matter here. */
function markedEntry(entry: TreeEntry) {
  const path = join(inEntry(entry).metadata, KEPT_PROPERTY);
  if (!plainStat(entry, path)) return [];
  const bytes = readPlainFile(entry, path, MAX_METADATA_BYTES);
  const mark = bytes && readMark({ properties: new Map([[KEPT_PROPERTY, bytes]]) });
  return mark ? [{ uid: entry.uid, mark, bytes: contentOf(entry)?.size ?? 0 }] : [];
}

/** Entry whose content is only at school → the version that it was then, and is again when it is fetched. */
export function keptVersions(paths: Pick<Paths, 'journal'>): Map<Uid, Digest> {
  const own = listMarks(paths).filter(({ uid, mark }) => pinOf(mark, uid).uid === uid);
  return new Map(own.map(({ uid, mark }) => [uid, mark.digest]));
}
