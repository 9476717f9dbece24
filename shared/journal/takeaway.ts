/**
 * The names in a takeaway, a child's archive of all her things, and what its head says (PROTOCOL.md, "A
 * takeaway"): for the server, which packs it, and the laptop, which brings it back.
 */
import * as v from 'valibot';
import { DsError } from '../errors.ts';
import { type Digest, parseDigest, parseUid, tryParse, type Uid } from '../ids.ts';

export const TAKEAWAY = {
  head: 'ds-backup/takeaway.json',
  /** A line of JSON for each version. */
  entries: 'ds-backup/entries.jsonl',
  metadata: (digest: Digest): string => `ds-backup/metadata/${digest}.json`,
} as const;

const FORMAT = 'ds-backup-takeaway';
const VERSION = 1;

const headSchema = v.object({ format: v.literal(FORMAT), version: v.literal(VERSION) });
const lineSchema = v.object({
  uid: v.string(),
  digest: v.string(),
  place: v.picklist(['journal', 'removed', 'older']),
  file: v.nullable(v.string()),
});

export interface TakenEntry {
  uid: Uid;
  digest: Digest;
  place: 'journal' | 'removed' | 'older';
  /** Its content's name in the archive; null without content. */
  file: string | null;
}

export function asTakeaway(head: object): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...head })}\n`;
}

/** Throws `bad-input` for anything but a takeaway of a version that this program knows. */
export function checkHead(text: string): void {
  if (v.safeParse(headSchema, parseJson(text)).success) return;
  throw new DsError('bad-input', 'this file is not a takeaway that this program knows', {
    hint: 'a newer ds-backup may have made it',
  });
}

/** Throws `bad-input` for a list that is not as the server writes it. */
export function parseTakenEntries(text: string): TakenEntry[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const parsed = v.safeParse(lineSchema, parseJson(line));
    const uid = parsed.success ? tryParse(parseUid, parsed.output.uid) : undefined;
    const digest = parsed.success ? tryParse(parseDigest, parsed.output.digest) : undefined;
    if (parsed.success && uid && digest) {
      const { place, file } = parsed.output;
      return { uid, digest, place, file };
    }
    throw new DsError('bad-input', 'the list of this takeaway is damaged');
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
