/**
 * Puts whole entries into the datastore's folders without calling the datastore: each is completed and
 * flushed to the disk beside them, and then appears by one rename. What exists is never touched: a
 * rename cannot replace a folder that has anything in it.
 */
import { existsSync, linkSync, lstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { digestOf, encodeEntry } from '../../shared/journal/entry.ts';
import { contentOf, readProperties } from '../../shared/journal/journal-tree.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { run } from '../../shared/system/run.ts';
import type { Context } from '../context.ts';
import { inEntry, inJournal, inWhole } from '../paths.ts';
import type { Prepared } from './prepared-entry.ts';
import { notAsWritten } from './put-entry.ts';

export interface Placeable {
  /** The name it gets. */
  uid: Uid;
  prepared: Prepared;
  /** The content's file, already compared with its digest; empty for an entry that has none. */
  file: string;
}

/** Something else is in the place, it is on another disk, or the disk has an error there. */
const NOT_HERE = [
  ...['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EXDEV', 'EIO', 'EUCLEAN', 'ESTALE', 'EACCES', 'EPERM'],
  ...['ENAMETOOLONG', 'ELOOP'],
];
/** Contents below this are not worth a link, in bytes. */
const LINKED_FROM = 4096;

export class Placement {
  readonly #context: Context;
  /** Equal contents become one file, as the datastore's optimizer would make them. */
  readonly #contents = new Map<Digest, { path: string; ino: bigint; mtimeNs: bigint }>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Builds entries in a folder of ours; the files of their contents are moved. */
  make(folder: string, entries: Iterable<Placeable>): void {
    for (const { uid, prepared, file } of entries) {
      this.#context.signal.throwIfAborted();
      const { content, metadata } = inEntry(inWhole(folder, uid));
      mkdirSync(metadata, { recursive: true });
      for (const [name, bytes] of prepared.expected.properties) {
        writeFileSync(`${metadata}/${name}`, bytes);
      }
      if (file) this.#takeContent(prepared, file, content);
    }
  }

  /**
   * Moves a built and flushed entry into the Journal. False when something else has its place, or the place is
   * on another disk or a damaged one: the content's file is where it was before.
   */
  show(folder: string, { uid, file }: Placeable): boolean {
    const target = inJournal(this.#context.paths, uid).path;
    failpoint('restore.placing');
    for (let attempt = 1; ; attempt += 1) {
      try {
        mkdirSync(dirname(target), { recursive: true });
        renameSync(inWhole(folder, uid).path, target);
        failpoint('restore.placed');
        return true;
      } catch (error) {
        if (isErrno(error, ...NOT_HERE)) {
          // Of equal contents, only the first one's file was moved.
          if (file && !existsSync(file)) renameSync(inEntry(inWhole(folder, uid)).content, file);
          return false;
        }
        // The datastore removes a folder of the upper level with the last entry in it.
        if (!isErrno(error, 'ENOENT') || attempt === 3) throw error;
      }
    }
  }

  /** Reads an entry back from the Journal. Throws `damaged` when it is not what was built. */
  check({ uid, prepared }: Placeable): void {
    const entry = inJournal(this.#context.paths, uid);
    const { properties } = readProperties(entry);
    const { content } = prepared.expected;
    // The content is the file that was compared, moved by name only.
    const size = contentOf(entry)?.size;
    const digest = digestOf(encodeEntry({ content, properties }));
    if (digest === prepared.digest && size === content?.size) return;
    throw notAsWritten(uid);
  }

  #takeContent({ expected: { content } }: Prepared, file: string, target: string): void {
    const known = content && content.size >= LINKED_FROM && this.#contents.get(content.digest);
    if (!known || !linkIfSame(known, target)) renameSync(file, target);
  }

  /** Later equal contents may become links to this entry's. */
  rememberContent({ uid, prepared: { expected } }: Placeable): void {
    if (!expected.content) return;
    const path = inEntry(inJournal(this.#context.paths, uid)).content;
    const stat = statOrNone(path);
    if (stat) this.#contents.set(expected.content.digest, { path, ...stat });
  }
}

/** Makes everything written so far to this path's file system durable; one call for a whole batch. */
export async function flushFileSystem({ env, signal }: Context, path: string): Promise<void> {
  signal.throwIfAborted();
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason); // flushing a slow card may take longer than a stop may
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([run('sync', ['-f', path], { env }), stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What can be looked at; a link is only worth having. */
function statOrNone(path: string) {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** False when the content changed since it was compared: some activities write into it in place. */
function linkIfSame(
  known: { path: string; ino: bigint; mtimeNs: bigint },
  target: string,
): boolean {
  const now = statOrNone(known.path);
  if (now?.ino !== known.ino || now.mtimeNs !== known.mtimeNs) return false;
  try {
    linkSync(known.path, target);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EMLINK', 'EPERM')) return false;
    throw error;
  }
}
