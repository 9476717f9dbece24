/**
 * What the agent must not forget over a power cut: the last backup and the server's time, what a child
 * asked for and is not done, pins noted away from school. One small file, replaced whole; losing it only
 * means that the server is asked once more.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { isErrno } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { Trouble } from '../rules/jobs.ts';

const moment = v.object({ wallMs: v.number(), boot: v.string(), uptimeMs: v.number() });
const anchor = v.object({ serverMs: v.number(), at: moment });
const request = v.object({
  kind: v.picklist(['backup', 'restore', 'restore-entry', 'keep', 'fetch', 'pins']),
  byHand: v.boolean(),
  of: v.string(),
  snapshot: v.string(),
  entry: v.string(),
});
const schema = v.object({
  version: v.literal(1),
  done: v.nullable(v.object({ ...anchor.entries, boots: v.number() })),
  heard: v.nullable(anchor),
  /** The boot this was last written in. */
  boot: v.string(),
  paused: v.boolean(),
  /** Asked for and not ended. */
  requests: v.array(request),
  /** The server's queue has a place for us then, by the uptime of `boot` in milliseconds. */
  appointment: v.nullable(v.object({ untilMs: v.number(), place: v.number() })),
  /** Pins (a snapshot) and unpins (null) that the school does not know of yet. */
  pinNotes: v.array(v.object({ uid: v.string(), snapshot: v.nullable(v.string()) })),
  /** Why the school keeps the last backups aside; empty when it does not. */
  held: v.string(),
});
export type Memory = v.InferOutput<typeof schema>;
export type PinNote = Memory['pinNotes'][number];

const NOTHING: Memory = {
  ...{ version: 1, done: null, heard: null, boot: '', paused: false, requests: [] },
  ...{ appointment: null, pinNotes: [], held: '' },
};

/** What was remembered; nothing where there is no such file or it cannot be read. */
export function readMemory(path: string, log: Log): Memory {
  try {
    return v.parse(schema, JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) log.warn('memory-lost', { path, reason: String(error) });
    return NOTHING;
  }
}

/** Remembers, if there is anything new: a laptop's flash wears out. */
export function writeMemory(path: string, before: Memory, now: Memory): void {
  const text = formatMemory(now);
  if (text !== formatMemory(before)) writeFileDurably(path, text, 0o600);
}

function formatMemory(memory: Memory): string {
  return `${JSON.stringify(memory, null, 1)}\n`;
}

/** A newer note about an entry takes the place of the older. */
export function notePin(notes: readonly PinNote[], note: PinNote): PinNote[] {
  return [...notes.filter(({ uid }) => uid !== note.uid), note];
}

/** What the school will never take of the notes that were sent. */
export interface Refusal extends Trouble {
  uid: string;
}

/**
 * The first refusal that a child has to hear of, whose pin is not there although she was told that it
 * would be. An unpin of what is no pin any more has what it wanted.
 */
export function refusalToTell(
  refused: readonly Refusal[],
  notes: readonly PinNote[],
): Refusal | undefined {
  const unpins = new Set(notes.filter((note) => note.snapshot === null).map(({ uid }) => uid));
  return refused.find(({ uid, code }) => code !== 'not-found' || !unpins.has(uid));
}
