/**
 * The properties that Sugar's datastore rejects: its index rebuild deletes an entry that breaks one
 * of these rules (carquinyol: metadatareader, metadatastore, indexstore). Only judges; for a restore,
 * agent/journal/prepared-entry.ts repairs.
 */
import { isUtf8 } from 'node:buffer';

/** The largest property that is read, in bytes. */
const MAX_PROPERTY_BYTES = 512_000;
/** The only binary property; all others are text. */
const PICTURE = 'preview';
/** Properties that are read as D-Bus int32. */
const NUMBERS = ['timestamp', 'creation_time', 'filesize'];
const MAX_INT32 = 2 ** 31 - 1;
/** Properties that become one index term each, with a prefix of two letters. */
const TERMS = ['uid', 'activity', 'activity_id', 'mime_type', 'keep', 'project_id'];
/** Xapian's limit minus the prefix, in bytes. */
const MAX_TERM_BYTES = 243;

/** Why the datastore would delete an entry with these properties; empty when it would not. */
export function datastoreObjections(properties: ReadonlyMap<string, Buffer>): string[] {
  const objections: string[] = [];
  for (const [name, bytes] of properties) {
    const objection = objectionTo(name, bytes);
    if (objection) objections.push(`${JSON.stringify(name.slice(0, 80))} ${objection}`);
  }
  return objections;
}

function objectionTo(name: string, bytes: Buffer): string | undefined {
  if (bytes.length > MAX_PROPERTY_BYTES) return `has ${bytes.length} bytes`;
  if (name === PICTURE) return undefined;
  if (!isUtf8(bytes)) return 'is not text';
  const text = bytes.toString('latin1');
  if (NUMBERS.includes(name) && !isInt32(text)) return 'is not a 32-bit integer';
  if (TERMS.includes(name) && termBytes(bytes) > MAX_TERM_BYTES) return `has ${bytes.length} bytes`;
  return undefined;
}

/** Xapian writes a NUL as two bytes; one term that is too long breaks the whole index. */
function termBytes(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => sum + (byte === 0 ? 2 : 1), 0);
}

function isInt32(text: string): boolean {
  return /^\s*[+-]?\d{1,10}\s*$/.test(text) && Math.abs(Number(text)) <= MAX_INT32;
}
