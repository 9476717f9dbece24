/**
 * The entries of the Journal whose content is only at school, by their marks.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest, Uid } from '../../shared/ids.ts';
import { contentOf, listEntries, readProperties } from '../../shared/journal/journal-tree.ts';
import { KEPT_PROPERTY, type KeptMark, pinOf, readMark } from '../../shared/journal/kept.ts';
import type { Paths } from '../paths.ts';

/** Those without content and with a readable mark; copies of such an entry have one as well. */
export function listMarks(paths: Pick<Paths, 'journal'>): { uid: Uid; mark: KeptMark }[] {
  return markedEntries(paths).filter(({ bytes }) => bytes === 0);
}

/** Copies from a day that was shown in the Journal, whole or not, that still have their mark. */
export function listCopies(paths: Pick<Paths, 'journal'>): Uid[] {
  return markedEntries(paths)
    .filter(({ mark }) => mark.snapshot !== undefined)
    .map(({ uid }) => uid);
}

/** All with a readable mark, and the bytes of their contents. */
function markedEntries({ journal }: Pick<Paths, 'journal'>) {
  if (!existsSync(journal)) return [];
  return listEntries(journal).flatMap((entry) => {
    if (!existsSync(join(entry.path, 'metadata', KEPT_PROPERTY))) return [];
    const mark = readMark(readProperties(entry));
    return mark ? [{ uid: entry.uid, mark, bytes: contentOf(entry)?.size ?? 0 }] : [];
  });
}

/** Entry whose content is only at school → the version that it was then, and is again when it is fetched. */
export function keptVersions(paths: Pick<Paths, 'journal'>): Map<Uid, Digest> {
  const own = listMarks(paths).filter(({ uid, mark }) => pinOf(mark, uid).uid === uid);
  return new Map(own.map(({ uid, mark }) => [uid, mark.digest]));
}
