/** The title of an entry in a snapshot, unchecked, and only for showing. */
import { readFileSync } from 'node:fs';
import type { Uid } from '../../shared/ids.ts';
import { decodeEntry, propertyText } from '../../shared/journal/entry.ts';
import { inEntry } from '../storage/paths.ts';

/** Empty where it cannot be read, is damaged, or is not part of that day. */
export function titleIn(folder: string, uid: Uid): string {
  try {
    const entry = decodeEntry(readFileSync(inEntry(folder, uid).metadata));
    return propertyText(entry, 'title') ?? '';
  } catch {
    return '';
  }
}
