/**
 * The properties that Sugar's datastore rejects: its index rebuild deletes an entry that breaks one
 * of these rules (carquinyol: metadatareader, metadatastore, indexstore). Repairs them for an export;
 * agent/journal/prepared-entry.ts does so for a restore.
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

interface Repaired {
  properties: ReadonlyMap<string, Buffer>;
  /** What was changed and why; empty when the datastore takes the entry as it is. */
  changes: string[];
}

/** The properties as the datastore keeps them: with the least change, and each change named. */
export function repairForDatastore(given: ReadonlyMap<string, Buffer>): Repaired {
  const properties = new Map<string, Buffer>();
  const changes: string[] = [];
  for (const [name, bytes] of given) {
    const objection = objectionTo(name, bytes);
    const kept = objection ? repairOf(name, bytes) : bytes;
    if (kept) properties.set(name, kept);
    if (!objection) continue;
    const change = kept ? 'what can be kept of it was written' : 'it was left out';
    changes.push(`${JSON.stringify(name.slice(0, 80))} ${objection}; ${change}`);
  }
  return { properties, changes };
}

/** Undefined for a property that has to be left out. */
function repairOf(name: string, bytes: Buffer): Buffer | undefined {
  const repaired = NUMBERS.includes(name)
    ? wholeNumber(bytes)
    : Buffer.from(bytes.toString('utf8'));
  return repaired && objectionTo(name, repaired) === undefined ? repaired : undefined;
}

/** Sugar's migration from 0.82 wrote `1217000000.0`, which later versions do not read. */
function wholeNumber(bytes: Buffer): Buffer | undefined {
  const [, whole] = /^\s*([+-]?\d{1,10})\.\d*\s*$/.exec(bytes.toString('latin1')) ?? [];
  return whole === undefined ? undefined : Buffer.from(whole);
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
