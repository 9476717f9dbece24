/** The file PIN in a pin's folder. A pin whose file cannot be read is still a pin, and is kept. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { namesIn, writeFileDurably } from '../../shared/system/files.ts';

export const PIN_NAME = 'PIN';

const noteSchema = v.object({
  /** The snapshot it was pinned from, and when; ISO 8601. */
  snapshot: v.string(),
  pinned: v.string(),
  /** The content is kept only here; the sequence of the laptop's newest snapshot at that time. */
  kept: v.optional(v.number()),
  /** Pinned because it was offered to the class, and for nothing else. */
  forClass: v.optional(v.boolean()),
  /** When it was unpinned although something still named it; ISO 8601. */
  released: v.optional(v.string()),
  /** Other entries that named it: `<serial>/<uid>`. */
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
    // Left by a writer that was killed.
    if (name.startsWith(`.${PIN_NAME}.`)) rmSync(join(folder, name), { force: true });
  }
  writeFileDurably(join(folder, PIN_NAME), `${JSON.stringify(note)}\n`, 0o640);
}

/** Makes a released pin an ordinary pin again. */
export function revivePin(folder: string): void {
  const { released, ...note } = readPinNote(folder);
  if (released !== undefined) writePinNote(folder, note);
}
