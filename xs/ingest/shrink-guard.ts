/**
 * The shrink guard: a Journal that suddenly lost most of its content is more often a reflashed laptop
 * or a wiped disk than what a child wanted. Such a backup is held aside, whole, until somebody decides
 * or the child has restored what was lost.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Digest, Uid } from '../../shared/ids.ts';
import { inSnapshot } from '../storage/paths.ts';

export interface GuardRules {
  /** More than this share of the entries or bytes has to be lost, in per cent … */
  lostPercent: number;
  /** … and at least so many entries, unless nothing at all is left. */
  minEntries: number;
}

/** A Journal as the guard sees it. */
export interface JournalSize {
  versions: ReadonlyMap<Uid, Digest>;
  /** Content and metadata. */
  bytes: number;
}

export type GuardVerdict = { hold: false } | { hold: true; reason: HoldReason; detail: string };
export type HoldReason = 'empty' | 'entries-lost' | 'bytes-lost';

/** Adds what is pinned of its entries in another version: content kept at school is not lost. */
export function withPinned(
  { versions, bytes }: JournalSize,
  pins: readonly { uid: Uid; digest: Digest; bytes: number }[],
): JournalSize {
  const beside = pins.filter(({ uid, digest }) => {
    return versions.has(uid) && versions.get(uid) !== digest;
  });
  return { versions, bytes: beside.reduce((sum, pin) => sum + pin.bytes, bytes) };
}

/** Compares what arrived with the newest snapshot that was not held. */
export function judgeShrink(
  good: JournalSize | undefined,
  now: JournalSize,
  rules: GuardRules,
): GuardVerdict {
  if (!good || good.versions.size === 0) return { hold: false };
  const had = good.versions.size;
  if (now.versions.size === 0) {
    return { hold: true, reason: 'empty', detail: `none of ${had} entries is left` };
  }
  // Counted by name: a hundred new entries do not make up for a hundred that are gone.
  const lost = [...good.versions.keys()].filter((uid) => !now.versions.has(uid)).length;
  if (lost >= rules.minEntries && lost * 100 > had * rules.lostPercent) {
    return { hold: true, reason: 'entries-lost', detail: `${lost} of ${had} entries are gone` };
  }
  const touched = [...good.versions].filter(([uid, digest]) => now.versions.get(uid) !== digest);
  const left = now.bytes * 100;
  if (touched.length >= rules.minEntries && left < good.bytes * (100 - rules.lostPercent)) {
    const detail = `${good.bytes} bytes became ${now.bytes}`;
    return { hold: true, reason: 'bytes-lost', detail };
  }
  return { hold: false };
}

const noteSchema = v.object({ reason: v.string(), detail: v.string() });
export type HeldNote = v.InferOutput<typeof noteSchema>;

export function formatHeldNote(verdict: Extract<GuardVerdict, { hold: true }>): string {
  const { reason, detail } = verdict;
  return `${JSON.stringify({ reason, detail } satisfies HeldNote)}\n`;
}

/** Why a snapshot is held; half-made trees of the original program have no note. */
export function readHeldNote(folder: string): HeldNote {
  try {
    return v.parse(noteSchema, JSON.parse(readFileSync(inSnapshot(folder).held, 'utf8')));
  } catch {
    return { reason: 'half-made', detail: 'the program that made it was interrupted' };
  }
}
