/**
 * What the agent must remember across a power cut: the last backup and the server's time, unfinished
 * requests, and pins and offers that were noted. One small file that is replaced atomically. When it
 * is lost, the server is asked once more and noted pins, offers and requests have to be repeated.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { isErrno } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { writeFileDurably } from '../../shared/system/files.ts';

const moment = v.object({ wallMs: v.number(), boot: v.string(), uptimeMs: v.number() });
const anchor = v.object({ serverMs: v.number(), at: moment });
const request = v.object({
  kind: v.picklist(['backup', 'restore', 'restore-entry', 'keep', 'fetch', 'pins', 'offers']),
  byHand: v.boolean(),
  of: v.string(),
  snapshot: v.string(),
  entry: v.string(),
});
const schema = v.object({
  version: v.literal(1),
  done: v.nullable(v.object({ ...anchor.entries, boots: v.number() })),
  heard: v.nullable(anchor),
  /** The boot in which the file was last written. */
  boot: v.string(),
  paused: v.boolean(),
  /** Requests that have not ended. */
  requests: v.array(request),
  /** Our slot in the server's queue, by the uptime of `boot` in milliseconds. */
  appointment: v.nullable(v.object({ untilMs: v.number(), place: v.number() })),
  /** Pins (a snapshot, empty for the newest) and unpins (null) that were not sent yet. */
  pinNotes: v.array(v.object({ uid: v.string(), snapshot: v.nullable(v.string()) })),
  /** Entries that a child said are for her class, and that were not offered yet. */
  offerNotes: v.optional(
    v.array(
      v.object({
        entry: v.string(),
        /** It may have reached the school, whose answer was lost. */
        tried: v.boolean(),
        /** One more backup was asked for because of it. */
        asked: v.optional(v.boolean()),
      }),
    ),
    [],
  ),
  /** Why the school holds the last backups back; empty when it does not. */
  held: v.string(),
});
export type Memory = v.InferOutput<typeof schema>;
export type PinNote = Memory['pinNotes'][number];
export type OfferNote = Memory['offerNotes'][number];

const NOTHING: Memory = {
  ...{ version: 1, done: null, heard: null, boot: '', paused: false, requests: [] },
  ...{ appointment: null, pinNotes: [], offerNotes: [], held: '' },
};

/** The file's content; empty memory when the file is absent, or unreadable, which is logged. */
export function readMemory(path: string, log: Log): Memory {
  try {
    return v.parse(schema, JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) log.warn('memory-lost', { path, reason: String(error) });
    return NOTHING;
  }
}

/** Writes the file if anything changed: a laptop's flash wears out. */
export function writeMemory(path: string, before: Memory, now: Memory): void {
  const text = formatMemory(now);
  if (text !== formatMemory(before)) writeFileDurably(path, text, 0o600);
}

function formatMemory(memory: Memory): string {
  return `${JSON.stringify(memory, null, 1)}\n`;
}

/** Adds a note; it replaces an older one about the same entry. */
export function notePin(notes: readonly PinNote[], note: PinNote): PinNote[] {
  return [...notes.filter(({ uid }) => uid !== note.uid), note];
}
