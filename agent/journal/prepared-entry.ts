/**
 * An entry in the form that Sugar's datastore can keep. Its index rebuild deletes entries that it cannot
 * read, so what breaks its rules is repaired here, and every repair is reported.
 */
import { isUtf8 } from 'node:buffer';
import type { Digest, Uid } from '../../shared/ids.ts';
import { digestOf, type Entry, encodeEntry } from '../../shared/journal/entry.ts';
import { MAX_PROPERTY_BYTES, MAX_TERM_BYTES, TERMS } from './rebuild-hazard.ts';

export interface Prepared {
  /** For the `a{sv}` of `update`: text as string, pictures as bytes. */
  properties: Map<string, string | Buffer>;
  /** What the datastore will have afterwards, exactly. */
  expected: Entry;
  digest: Digest;
  /** Properties that the entry did not have: their values may differ from one restore to the next. */
  invented: readonly string[];
  /** In words, for a report; empty when the entry comes back as it was. */
  repairs: string[];
}

/** The datastore writes `.<name>` beside `<name>`; Linux has 255 bytes for a name. */
const MAX_NAME_BYTES = 254;
/** Handed out as D-Bus int32. */
const TIME = 'timestamp';
const CREATED = 'creation_time';
/** Without these the datastore writes no entry. */
const ALWAYS = ['uid', TIME];
const NUMBERS = [TIME, CREATED, 'filesize'];
const MAX_INT32 = 2 ** 31 - 1;
/** dbus-next refuses to send an object with a key of this name. */
const UNSENDABLE = 'constructor';
/** The only property that is bytes; all others are text. */
const PICTURE = 'preview';

/**
 * `uid` is the name it will have; `fallbackSeconds` stands in for a timestamp where it has none,
 * in seconds since 1970.
 */
export function prepareEntry(entry: Entry, uid: Uid, fallbackSeconds: number): Prepared {
  const repairs: string[] = [];
  const properties = new Map<string, string | Buffer>();
  for (const [name, bytes] of entry.properties) {
    const value = repairProperty(name, bytes, repairs);
    if (value !== undefined) properties.set(name, value);
  }
  const invented = [TIME, CREATED].filter((name) => !properties.get(name));
  addWhatTheDatastoreAdds(properties, entry, uid, fallbackSeconds);
  const expected: Entry = {
    content: entry.content,
    properties: new Map(
      [...properties].map(([name, value]) => [
        name,
        typeof value === 'string' ? Buffer.from(value) : value,
      ]),
    ),
  };
  return { properties, expected, digest: digestOf(encodeEntry(expected)), invented, repairs };
}

/** The copy that is restored beside a newer entry: with its date in the title, as the child lived it. */
export function datedEntry(entry: Entry, fallbackDate: string): Entry {
  const properties = new Map(entry.properties);
  const seconds = wholeNumber(entry.properties.get('timestamp')?.toString('latin1') ?? '');
  const date = seconds === undefined ? fallbackDate : localDay(new Date(seconds * 1000));
  const title = entry.properties.get('title')?.toString('utf8') ?? '';
  properties.set('title', Buffer.from(`${title} (${date})`.trim()));
  return { ...entry, properties };
}

/** The day where this laptop is, `2026-11-22`. */
function localDay(time: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** The entry with this time of last use, in seconds since 1970; Sugar sorts by it. */
export function timedEntry(entry: Entry, seconds: number): Entry {
  const properties = new Map(entry.properties);
  return { ...entry, properties: properties.set(TIME, Buffer.from(String(seconds))) };
}

/** Equal except for the time of last use, and for these properties. */
export function isSameButForTime(a: Entry, b: Entry, except: readonly string[] = []): boolean {
  return encodeEntry(timeless(a, except)).equals(encodeEntry(timeless(b, except)));
}

function timeless(entry: Entry, except: readonly string[]): Entry {
  const properties = new Map(entry.properties);
  for (const name of [TIME, ...except]) properties.delete(name);
  return { ...entry, properties };
}

/**
 * True when `local` is what a power cut left of `whole`: its content or a property that the datastore
 * always writes is absent or empty, and everything it has is in `whole`.
 */
export function isTornCopy(local: Entry, whole: Entry): boolean {
  const size = local.content?.size ?? 0;
  const noContent = size === 0 && (whole.content?.size ?? 0) > 0;
  if (!noContent && local.content?.digest !== whole.content?.digest) return false;
  if (!noContent && ALWAYS.every((name) => local.properties.get(name)?.length)) return false;
  return [...local.properties].every(([name, value]) => {
    return name === TIME || value.length === 0 || whole.properties.get(name)?.equals(value);
  });
}

function repairProperty(
  name: string,
  bytes: Buffer,
  repairs: string[],
): string | Buffer | undefined {
  const nameless = name.includes(':') || name.includes('/') || name === UNSENDABLE;
  if (nameless || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    repairs.push(`the property ${JSON.stringify(name.slice(0, 80))} has a name Sugar cannot keep`);
    return undefined;
  }
  if (bytes.length > MAX_PROPERTY_BYTES) {
    repairs.push(`${name} is left out: ${bytes.length} bytes are too large for Sugar`);
    return undefined;
  }
  if (name === PICTURE) return bytes;
  if (NUMBERS.includes(name)) return repairNumber(name, bytes, repairs);
  const text = bytes.toString('utf8').replaceAll('\0', '');
  if (TERMS.includes(name) && Buffer.byteLength(text) > MAX_TERM_BYTES) {
    repairs.push(`${name} was shortened: Sugar cannot index its ${bytes.length} bytes`);
    return startOf(text, MAX_TERM_BYTES);
  }
  if (isUtf8(bytes) && text.length === bytes.toString('utf8').length) return text;
  repairs.push(`${name} is not text; what is readable of it was kept`);
  // Each unreadable byte became three: the text may have grown beyond the limit.
  return Buffer.byteLength(text) > MAX_PROPERTY_BYTES ? undefined : text;
}

/** At most so many bytes, in whole characters. */
function startOf(text: string, bytes: number): string {
  return Buffer.from(text)
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}

function repairNumber(name: string, bytes: Buffer, repairs: string[]): string | undefined {
  const text = bytes.toString('latin1');
  const value = wholeNumber(text);
  if (value === undefined) {
    repairs.push(`${name} is left out: it is not a number`);
    return undefined;
  }
  if (/^-?\d+$/.test(text)) return text;
  repairs.push(`${name} was rounded to whole seconds`);
  return String(value);
}

/** The whole part of a decimal number that fits 32 bits. */
function wholeNumber(text: string): number | undefined {
  if (!/^\s*-?\d{1,11}(\.\d*)?\s*$/.test(text)) return undefined;
  const value = Math.trunc(Number(text)) + 0;
  return Math.abs(value) <= MAX_INT32 ? value : undefined;
}

/** As `update` in carquinyol's datastore.py does, so that the result is known beforehand. */
function addWhatTheDatastoreAdds(
  properties: Map<string, string | Buffer>,
  entry: Entry,
  uid: Uid,
  fallbackSeconds: number,
): void {
  properties.set('uid', uid);
  if (!properties.get(TIME)) {
    properties.set(TIME, properties.get(CREATED) || String(fallbackSeconds));
  }
  if (!properties.has(CREATED)) properties.set(CREATED, properties.get(TIME) ?? '');
  if (entry.content) properties.set('filesize', String(entry.content.size));
}
