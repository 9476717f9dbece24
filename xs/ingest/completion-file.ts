/**
 * A claimed completion file, read: what arrived, and from which program. Our agent's says what
 * changed; the original client's is empty, and its mirror is read instead.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { RunId, Serial, Uid } from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import { MAX_ENTRIES } from '../../shared/journal/sums.ts';
import {
  type Completion,
  MAX_COMPLETION_BYTES,
  NAMED_TWICE,
  parseCompletion,
} from '../../shared/protocol/messages.ts';
import { type FoldContext, foldOriginal } from '../legacy/original.ts';
import { inLaptop } from '../storage/paths.ts';
import { baseSnapshot } from '../storage/snapshots.ts';
import type { Sent } from './ingest.ts';
import type { Pace } from './pace.ts';

export interface OpenedCompletion {
  arrival: Sent;
  /** To be called when the snapshot is in its place. */
  remember: () => Promise<void>;
}

/** Entries that are checked in one go. */
const PIECE = 1000;

/**
 * Like parseCompletion(), in pieces: the longest list would keep everybody else waiting for a tenth of a second.
 * Throws `bad-input` like that; only the numbers in its message count from the beginning of the piece.
 */
async function parseInPieces(bytes: Buffer, rest: () => Promise<void>): Promise<Completion> {
  const parsed = objectIn(bytes);
  const { changed, removed } = parsed ?? {};
  if (!Array.isArray(changed) || !Array.isArray(removed)) return parseCompletion(bytes);
  if (Math.max(changed.length, removed.length) > MAX_ENTRIES) {
    throw new DsError('bad-input', `a completion file names more than ${MAX_ENTRIES} entries`);
  }
  const whole = parseCompletion({ ...parsed, changed: [], removed: [] });
  const names = new Set<Uid>();
  for (let at = 0; at < Math.max(changed.length, removed.length); at += PIECE) {
    const lists = {
      changed: changed.slice(at, at + PIECE),
      removed: removed.slice(at, at + PIECE),
    };
    const piece = parseCompletion({ ...parsed, ...lists });
    for (const one of piece.changed) whole.changed.push(one);
    for (const one of piece.removed) whole.removed.push(one);
    for (const uid of [...piece.changed.map(([one]) => one), ...piece.removed]) names.add(uid);
    await rest();
  }
  if (names.size < changed.length + removed.length) throw new DsError('bad-input', NAMED_TWICE);
  return whole;
}

/** Undefined for what is none. */
function objectIn(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads the completion file at `path`. Changes nothing that others may change meanwhile, so it needs no turn
 * of the work queue. Throws `bad-input`, and what `spend` throws.
 */
export async function openCompletion(
  context: FoldContext,
  serial: Serial,
  path: string,
  { spend, rest }: Pick<Pace, 'spend' | 'rest'>,
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
  const completion = await parseInPieces(readFileSync(path), rest);
  if (completion.serial !== serial) {
    throw new DsError('bad-input', `the completion file of ${serial} is about another laptop`);
  }
  const folder = inLaptop(paths, serial).incoming;
  return { arrival: { serial, completion, folder, source: 'agent' }, remember: async () => {} };
}
