/**
 * A claimed completion file, read: what arrived, and from which program. Our agent's says what
 * changed; the original client's is empty, and its mirror is read instead.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { RunId, Serial } from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import { MAX_COMPLETION_BYTES, parseCompletion } from '../../shared/protocol/messages.ts';
import { type FoldContext, foldOriginal } from '../legacy/original.ts';
import type { Spend } from '../storage/in-pieces.ts';
import { inLaptop } from '../storage/paths.ts';
import { baseSnapshot } from '../storage/snapshots.ts';
import type { Sent } from './ingest.ts';

export interface OpenedCompletion {
  arrival: Sent;
  /** To be called when the snapshot is in its place. */
  remember: () => Promise<void>;
}

/**
 * Reads the completion file at `path`. Changes nothing that others may change meanwhile, so it needs no turn
 * of the work queue. Throws `bad-input`, and what `spend` throws.
 */
export async function openCompletion(
  context: FoldContext,
  serial: Serial,
  path: string,
  spend: Spend,
): Promise<OpenedCompletion> {
  const { paths } = context;
  const stat = lstatSync(path, { bigint: true });
  if (!stat.isFile()) throw new DsError('bad-input', 'the completion file is not a regular file');
  if (stat.size === 0n) {
    // The same file is the same run, also after a restart of the service.
    const run = digestOf(`${serial} ${stat.mtimeNs} ${stat.ino}`).slice(0, 32) as RunId;
    const base = baseSnapshot(paths, serial);
    const { completion, folder, remember } = await foldOriginal(context, serial, base, run, spend);
    return { arrival: { serial, completion, folder, source: 'original' }, remember };
  }
  if (stat.size > MAX_COMPLETION_BYTES) {
    throw new DsError('bad-input', `a completion file of ${stat.size} bytes is too large`);
  }
  const completion = parseCompletion(readFileSync(path));
  if (completion.serial !== serial) {
    throw new DsError('bad-input', `the completion file of ${serial} is about another laptop`);
  }
  const folder = inLaptop(paths, serial).incoming;
  return { arrival: { serial, completion, folder, source: 'agent' }, remember: async () => {} };
}
