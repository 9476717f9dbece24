/**
 * How fetched entries get into the Journal. Two implementations: DatastoreWriter hands them to Sugar's
 * datastore one by one; FolderWriter writes them into its folders, which is faster for many.
 */
import type { Uid } from '../../shared/ids.ts';
import type { Fetched } from './fetch.ts';

export interface Writer {
  /** Writes the entries of a batch, whose files are in `folder`, and records each outcome. */
  write(folder: string, entries: readonly Fetched[]): Promise<void>;

  /** Makes Sugar show everything that was written. Returns what Sugar still does not show. */
  finish(): Promise<Uid[]>;

  /** After a stop or a failure: shows what was written, as far as possible before `signal` fires. */
  showWritten(signal: AbortSignal): Promise<void>;
}
