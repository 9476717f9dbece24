/**
 * What a pin says of itself, in its file PIN. One without a readable note is a pin all the same, and stays.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { namesIn, writeFileDurably } from '../../shared/system/files.ts';

const PIN_NAME = 'PIN';

const noteSchema = v.object({
  /** Where it was pinned from, and when; ISO 8601. */
  snapshot: v.string(),
  pinned: v.string(),
  /** The laptop keeps the content only here (A13), since it had made the snapshot of this sequence. */
  kept: v.optional(v.number()),
  /** When it was unpinned, while something still named it; ISO 8601. */
  released: v.optional(v.string()),
  /** The entries that named it, besides its own: `<serial>/<uid>`. */
  namedBy: v.optional(v.array(v.string())),
});
export type PinNote = v.InferOutput<typeof noteSchema>;

export function readPinNote(folder: string): PinNote {
  try {
    return v.parse(noteSchema, JSON.parse(readFileSync(join(folder, PIN_NAME), 'utf8')));
  } catch {
    return { snapshot: '', pinned: '' };
  }
}

export function writePinNote(folder: string, note: PinNote): void {
  for (const name of namesIn(folder)) {
    // Of a writer that was killed.
    if (name.startsWith(`.${PIN_NAME}.`)) rmSync(join(folder, name), { force: true });
  }
  writeFileDurably(join(folder, PIN_NAME), `${JSON.stringify(note)}\n`, 0o640);
}

/** An unpinned one that still stayed is a pin as any other again. */
export function revivePin(folder: string): void {
  const { released, ...note } = readPinNote(folder);
  if (released !== undefined) writePinNote(folder, note);
}
