/**
 * An entry that exists but cannot be read as one: reported by name, while the others go on.
 */
import { existsSync } from 'node:fs';
import { asDsError, isErrno } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import type { TreeEntry } from '../../shared/journal/journal-tree.ts';

export interface Problem {
  uid: Uid;
  /** A sentence for a person. */
  problem: string;
}

/**
 * What to report about an entry whose reading failed; undefined when the entry is simply gone.
 * Throws the error again when it is not about this one entry.
 */
export function problemOf(entry: TreeEntry, error: unknown): Problem | undefined {
  const { code, message } = asDsError(error);
  const ours = code === 'unreadable' || code === 'bad-input';
  const vanishing = isErrno(error, 'ENOENT', 'ENOTDIR');
  const denied = isErrno(error, 'EACCES', 'EPERM', 'EIO', 'ELOOP');
  if (!ours && !vanishing && !denied) throw error;
  return existsSync(entry.path) ? { uid: entry.uid, problem: message } : undefined;
}
