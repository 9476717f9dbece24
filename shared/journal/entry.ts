/**
 * One version of one Journal entry, as stored in a snapshot: the content in `<uid>`, byte for byte,
 * and everything else in `<uid>.metadata` as canonical JSON (PROTOCOL.md, "Entry metadata").
 *
 * The JSON includes digest and size of the content, so the digest of the JSON identifies the whole
 * version: one digest per entry on the wire, in the manifest and in the agent's database.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as v from 'valibot';
import { DsError } from '../errors.ts';
import { type Digest, parseDigest, tryParse } from '../ids.ts';

export interface Content {
  digest: Digest;
  /** Bytes. */
  size: number;
}

export interface Entry {
  /** Entries without content exist: metadata only. */
  content: Content | null;
  /** Property name → raw bytes, as in the datastore's `metadata/` folder: one file per property. */
  properties: ReadonlyMap<string, Buffer>;
}

/**
 * Maximum size of one entry's metadata, in bytes. Sugar reads no property above 512,000 bytes and
 * real entries have 2–20 KB; this leaves room and still bounds the server's memory.
 */
export const MAX_METADATA_BYTES = 8 * 1024 * 1024;
/** Maximum number of properties of one entry. Real ones have about twenty. */
export const MAX_PROPERTIES = 1000;
/** The shortest property of canonical JSON, in bytes: `"a":"",`. */
const MIN_PROPERTY_BYTES = 7;
/** Linux's limit for a file name. */
const MAX_NAME_BYTES = 255;

/**
 * `checksum` is written by the datastore's optimizer, which looks for equal content. It changes
 * without the child doing anything, and must not be passed back to the datastore.
 */
const INTERNAL_PROPERTIES = new Set(['checksum']);

/** Properties are checked separately: v.record() skips `constructor` and `prototype`. */
const entrySchema = v.strictObject({
  content: v.nullable(
    v.strictObject({
      sha256: v.string(),
      size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    }),
  ),
  properties: v.custom<object>((value) => typeof value === 'object' && value !== null),
});
const binarySchema = v.strictObject({ base64: v.string() });

/** A property the datastore keeps for itself, or the temporary file of one being written. */
export function isInternalProperty(name: string): boolean {
  return name.startsWith('.') || INTERNAL_PROPERTIES.has(name);
}

/** Whether the metadata of an entry can have a property of this name. */
export function isPropertyName(name: string): boolean {
  return !(
    name === '' ||
    name === '__proto__' ||
    name.includes('/') ||
    name.includes('\0') ||
    isInternalProperty(name) ||
    Buffer.byteLength(name) > MAX_NAME_BYTES
  );
}

/** The canonical bytes: equal entries give equal bytes. Throws `bad-input` above the limits. */
export function encodeEntry(entry: Entry): Buffer {
  if (entry.properties.size > MAX_PROPERTIES) throw tooManyProperties();
  return canonical(entry);
}

function canonical(entry: Entry): Buffer {
  const properties: Record<string, string | { base64: string }> = Object.create(null);
  for (const name of [...entry.properties.keys()].sort()) {
    checkPropertyName(name);
    const bytes = entry.properties.get(name) as Buffer;
    properties[name] = isUtf8(bytes)
      ? bytes.toString('utf8')
      : { base64: bytes.toString('base64') };
  }
  const content = entry.content && { sha256: entry.content.digest, size: entry.content.size };
  // JSON.stringify puts integer-like names first, whatever the order here. It always does, so equal
  // entries still give equal bytes.
  const bytes = Buffer.from(`${JSON.stringify({ content, properties })}\n`);
  if (bytes.length > MAX_METADATA_BYTES) {
    throw new DsError('bad-input', `metadata of ${bytes.length} bytes is too large`, {
      hint: `at most ${MAX_METADATA_BYTES} bytes fit; one of its properties is far too large`,
    });
  }
  return bytes;
}

/** Reads what encodeEntry wrote, and nothing else: other JSON for the same entry is `bad-input`. */
export function decodeEntry(bytes: Buffer): Entry {
  if (bytes.length > MAX_METADATA_BYTES) throw badEntry('too large');
  if (!isUtf8(bytes)) throw badEntry('not UTF-8');
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw badEntry('not JSON', cause);
  }
  const parsed = v.safeParse(entrySchema, json);
  if (!parsed.success) throw badEntry(v.flatten(parsed.issues).root?.[0] ?? 'wrong shape');
  const { content, properties } = parsed.output;
  const entry: Entry = {
    content: content && decodeContent(content),
    properties: new Map(
      Object.entries(properties).map(([name, value]) => [name, decodeValue(name, value)]),
    ),
  };
  if (!canonical(entry).equals(bytes)) throw badEntry('not in canonical form');
  return entry;
}

/**
 * Throws `bad-input` for metadata with more than MAX_PROPERTIES, before anybody decodes them: that takes
 * seconds for a million empty properties, this milliseconds for the largest file.
 */
export function checkPropertyCount(bytes: Buffer): void {
  if (bytes.length < MIN_PROPERTY_BYTES * MAX_PROPERTIES) return;
  // Of content, its two fields, and properties; and of each property with its base64.
  const most = 4 + 2 * MAX_PROPERTIES;
  let colons = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) inString = !inString;
    else if (byte === BACKSLASH) at += 1;
    else if (byte === COLON && !inString) {
      colons += 1;
      if (colons > most) throw tooManyProperties();
    }
  }
}

const [QUOTE, BACKSLASH, COLON] = Buffer.from('"\\:');

function tooManyProperties(): DsError {
  return new DsError('bad-input', `an entry has more than ${MAX_PROPERTIES} properties`, {
    hint: 'the activity that wrote the entry has a fault',
  });
}

export function digestOf(bytes: Buffer | string): Digest {
  return createHash('sha256').update(bytes).digest('hex') as Digest;
}

/** Digest and size of a whole file, read in chunks. Aborts with the signal's reason. */
export async function digestFile(path: string, signal?: AbortSignal): Promise<Content> {
  const hash: Hash = createHash('sha256');
  let size = 0;
  const stream = createReadStream(path, { highWaterMark: 256 * 1024, ...(signal && { signal }) });
  for await (const piece of stream as AsyncIterable<Buffer>) {
    hash.update(piece);
    size += piece.length;
  }
  return { digest: hash.digest('hex') as Digest, size };
}

/** A property as text, for display; undefined if it is absent or not UTF-8. */
export function propertyText(entry: Pick<Entry, 'properties'>, name: string): string | undefined {
  const bytes = entry.properties.get(name);
  return bytes && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function decodeContent({ sha256, size }: { sha256: string; size: number }): Content {
  const digest = tryParse(parseDigest, sha256);
  if (!digest) throw badEntry('sha256 is not a digest');
  return { digest, size };
}

function decodeValue(name: string, value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  const parsed = v.safeParse(binarySchema, value);
  if (!parsed.success) throw badEntry(`the value of ${JSON.stringify(name.slice(0, 80))}`);
  return Buffer.from(parsed.output.base64, 'base64');
}

function checkPropertyName(name: string): void {
  if (!isPropertyName(name)) throw badEntry(`property name ${JSON.stringify(name.slice(0, 80))}`);
}

function badEntry(why: string, cause?: unknown): DsError {
  return new DsError('bad-input', `not the metadata of an entry: ${why}`, { cause });
}
