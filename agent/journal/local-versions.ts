/**
 * The version of every entry in the Journal, read now: a restore calls nothing "here" that it has not read.
 */
import type { Digest, Uid } from '../../shared/ids.ts';
import type { Context } from '../context.ts';
import type { KnownEntry, State } from '../state.ts';
import { judgeFlaw } from './flaw.ts';
import { concernedBy, problemOf } from './problem.ts';
import { lastingSignature, readVersion } from './read-entry.ts';
import { fileSystemMoment, problemsIn, scanJournal } from './scan.ts';

/**
 * Undefined for an entry that cannot be read. What was read is remembered for the next backup.
 * `probeFolder` is an empty folder of ours in which the file system's time is found out.
 */
export async function readLocalVersions(
  { paths, signal, freshness }: Context,
  state: State,
  probeFolder: string,
): Promise<Map<Uid, Digest | undefined>> {
  const scan = await scanJournal(paths, new Map(), () => fileSystemMoment(probeFolder));
  const local = new Map<Uid, Digest | undefined>(scan.unchanged);
  for (const problem of problemsIn(scan, state.entries.keys())) {
    for (const uid of concernedBy(problem, state.entries.keys())) local.set(uid, undefined);
  }
  const read = new Map<Uid, KnownEntry>();
  for (const { entry } of scan.toRead) {
    signal.throwIfAborted();
    try {
      const { signature, digest, entry: found, doubt, unread } = await readVersion(entry, signal);
      // What looks like the remains of an entry has to be compared with the whole one.
      const isWhole = judgeFlaw(found, { content: undefined }, unread) === undefined;
      local.set(entry.uid, isWhole ? digest : undefined);
      if (doubt !== 'none' || unread.length > 0) continue;
      const lasting = lastingSignature(signature, scan.moment, freshness);
      read.set(entry.uid, { signature: lasting, digest, content: found.content?.digest ?? null });
    } catch (error) {
      if (problemOf(entry, error)) local.set(entry.uid, undefined);
    }
  }
  await state.rememberEntries(read, []);
  return local;
}
