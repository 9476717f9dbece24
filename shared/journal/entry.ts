/**
 * One version of one Journal entry, as it stands in a snapshot: the content `<uid>`, byte for byte,
 * and `<uid>.metadata`, a canonical JSON of everything else (PROTOCOL.md, "Entry metadata").
 *
 * The JSON names the content by digest and size, so the digest of the JSON names the version as a
 * whole: one number per entry on the wire, in the manifest and in the agent's database.
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
  /** Property name → raw bytes, as in the datastore's one-file-a-property folder. */
  properties: ReadonlyMap<string, Buffer>;
}

/**
 * Largest metadata of one entry, in bytes. Sugar reads no property above 512,000 bytes, and real
 * entries have 2–20 KB; this leaves room and still bounds the server's memory.
 */
export const MAX_METADATA_BYTES = 8 * 1024 * 1024;
/** As Linux allows for a file name. */
const MAX_NAME_BYTES = 255;

/**
 * Written by the datastore's optimizer for its own book-keeping (it names equal content); it comes
 * and goes without the child doing anything, and the datastore must not be given one.
 */
const INTERNAL_PROPERTIES = new Set(['checksum']);

/** Properties are gone through by hand: v.record() passes over `constructor` and `prototype`. */
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

/** The canonical bytes: equal entries give equal bytes. Throws `bad-input` above the limits. */
export function encodeEntry(entry: Entry): Buffer {
  const properties: Record<string, string | { base64: string }> = Object.create(null);
  for (const name of [...entry.properties.keys()].sort(byCodeUnit)) {
    checkPropertyName(name);
    const bytes = entry.properties.get(name) as Buffer;
    properties[name] = isUtf8(bytes)
      ? bytes.toString('utf8')
      : { base64: bytes.toString('base64') };
  }
  const content = entry.content && { sha256: entry.content.digest, size: entry.content.size };
  // JSON.stringify puts integer-like names first whatever their order here; it does so for the same
  // names every time, so the bytes stay canonical.
  const bytes = Buffer.from(`${JSON.stringify({ content, properties })}\n`);
  if (bytes.length > MAX_METADATA_BYTES) {
    throw new DsError('bad-input', `metadata of ${bytes.length} bytes is too large`, {
      hint: `at most ${MAX_METADATA_BYTES} bytes fit; one of its properties has grown out of hand`,
    });
  }
  return bytes;
}

/** Reads what encodeEntry wrote. Throws `bad-input` for anything else, however close. */
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
  const digest = content && tryParse(parseDigest, content.sha256);
  if (content && !digest) throw badEntry('sha256 is no digest');
  const entry: Entry = {
    content: content && digest ? { digest, size: content.size } : null,
    properties: new Map(
      Object.entries(properties).map(([name, value]) => [name, decodeValue(name, value)]),
    ),
  };
  if (!encodeEntry(entry).equals(bytes)) throw badEntry('not in canonical form');
  return entry;
}

export function digestOf(bytes: Buffer | string): Digest {
  return createHash('sha256').update(bytes).digest('hex') as Digest;
}

/** Digest and size of a whole file, read in pieces. Aborts with the signal's reason. */
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

/** A property as text, for showing; undefined where it is absent or not UTF-8. */
export function propertyText(entry: Pick<Entry, 'properties'>, name: string): string | undefined {
  const bytes = entry.properties.get(name);
  return bytes && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function decodeValue(name: string, value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  const parsed = v.safeParse(binarySchema, value);
  if (!parsed.success) throw badEntry(`the value of ${JSON.stringify(name.slice(0, 80))}`);
  return Buffer.from(parsed.output.base64, 'base64');
}

function checkPropertyName(name: string): void {
  const bad =
    name === '' ||
    name === '__proto__' ||
    name.includes('/') ||
    name.includes('\0') ||
    isInternalProperty(name) ||
    Buffer.byteLength(name) > MAX_NAME_BYTES;
  if (bad) throw badEntry(`property name ${JSON.stringify(name.slice(0, 80))}`);
}

function badEntry(why: string, cause?: unknown): DsError {
  return new DsError('bad-input', `not the metadata of an entry: ${why}`, { cause });
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
