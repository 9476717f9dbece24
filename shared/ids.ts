/**
 * The identifiers that laptop and server exchange and store, each with one strict parser.
 *
 * No input becomes part of a path, a query or a log line before it has been parsed here. The types
 * are branded: an unchecked string does not type-check where an id is expected.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { DsError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A laptop's serial number: three capitals, eight hexadecimal digits (`CSN74803BB1`). */
export type Serial = Branded<'serial'>;
/** A Journal entry's id in the datastore: 36 characters, nearly always a lower-case UUID. */
export type Uid = Branded<'uid'>;
/** SHA-256 as 64 lower-case hexadecimal digits. */
export type Digest = Branded<'digest'>;
/** `datastore-YYYY-MM-DD_HH:MM` (UTC by the server's clock), `-2`… for more in the same minute. */
export type SnapshotName = Branded<'snapshot'>;
/** One backup run: 32 lower-case hexadecimal digits, chosen at random by the laptop. */
export type RunId = Branded<'run'>;

/** XO serials, and those Sugar makes up on other machines (`ABC` + 8 digits), have this shape. */
const SERIAL = /^[A-Z]{3}[0-9A-F]{8}$/;
/** Sugar's datastore accepts any 36 characters as a uid; only these are safe in a path. */
const UID = /^[0-9A-Za-z][0-9A-Za-z-]{35}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const RUN = /^[0-9a-f]{32}$/;
const SNAPSHOT = /^datastore-(\d{4})-(\d\d)-(\d\d)_(\d\d):(\d\d)(?:-([2-9]|[1-9]\d{1,4}))?$/;

export function parseSerial(text: unknown): Serial {
  return match(text, SERIAL, 'serial number', 'three capitals and eight hexadecimal digits');
}

export function parseUid(text: unknown): Uid {
  return match(text, UID, 'entry uid', '36 letters, digits or hyphens');
}

export function parseDigest(text: unknown): Digest {
  return match(text, DIGEST, 'SHA-256 digest', '64 lower-case hexadecimal digits');
}

export function parseRunId(text: unknown): RunId {
  return match(text, RUN, 'run id', '32 lower-case hexadecimal digits');
}

export function parseSnapshotName(text: unknown): SnapshotName {
  const name: SnapshotName = match(text, SNAPSHOT, 'snapshot name', 'datastore-YYYY-MM-DD_HH:MM');
  const [, year, month, day, hour, minute] = SNAPSHOT.exec(name)?.map(Number) ?? [];
  const time = new Date(0);
  time.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day);
  time.setUTCHours(hour ?? 0, minute);
  if (snapshotMinute(time) !== name.slice(0, 26)) {
    throw badId('snapshot name', name, 'a date and time that exist');
  }
  return name;
}

/** The name of a snapshot made at `time`, before any `-2`: minutes in UTC. */
export function snapshotMinute(time: Date): string {
  return `datastore-${time.toISOString().slice(0, 16).replace('T', '_')}`;
}

/**
 * A new serial number in Sugar's form: three capitals and eight digits, all random. Sugar uses the seconds of
 * the clock for the digits, which collide in a school where all clocks stand at 1970.
 */
export function newSerial(): Serial {
  const capitals = Array.from({ length: 3 }, () => String.fromCharCode(65 + randomInt(26)));
  const digits = String(randomBytes(6).readUIntBE(0, 6) % 100_000_000).padStart(8, '0');
  return parseSerial(capitals.join('') + digits);
}

export function newRunId(): RunId {
  return randomBytes(16).toString('hex') as RunId;
}

/** The parsed id, or undefined where a foreign file name is simply ignored. */
export function tryParse<Id>(parse: (text: unknown) => Id, text: unknown): Id | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof DsError && error.code === 'bad-id') return undefined;
    throw error;
  }
}

function match<Id extends string>(text: unknown, pattern: RegExp, what: string, want: string): Id {
  if (typeof text !== 'string' || !pattern.test(text)) throw badId(what, text, want);
  return text as Id;
}

function badId(what: string, text: unknown, want: string): DsError {
  const shown = JSON.stringify(typeof text === 'string' ? text.slice(0, 80) : text) ?? 'undefined';
  return new DsError('bad-id', `${shown} is not ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}`, {
    hint: `expected ${want}`,
  });
}
