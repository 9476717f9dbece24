/**
 * `registration.json` in a laptop's folder, the authoritative record of the laptop (PROTOCOL.md,
 * "registration.json"). Version 1 is read as version 2 and upgraded by the next write.
 */
import { lstatSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { DsError, isErrno } from '../../shared/errors.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { setAside } from '../storage/snapshots.ts';

const keyKind = v.picklist(['sugar', 'own']);
/** *sugar* is the key that Sugar's menu sends (the original client's), *own* the key of our agent. */
export type KeyKind = v.InferOutput<typeof keyKind>;

const common = {
  serial: v.string(),
  uuid: v.string(),
  nick: v.string(),
  registered: v.string(),
  keys: v.strictObject({ sugar: v.nullable(v.string()), own: v.nullable(v.string()) }),
  /** Keys pending approval by a teacher, the newest last. */
  pending: v.array(
    v.strictObject({ kind: keyKind, key: v.string(), uuid: v.string(), since: v.string() }),
  ),
};
const firstSchema = v.strictObject({ version: v.literal(1), ...common });
const schema = v.strictObject({
  version: v.literal(2),
  ...common,
  /** The child's XO colours, `#rrggbb,#rrggbb`; sent by our agent, not by Sugar. */
  colors: v.nullable(v.string()),
  /** When it was taken out of use, or null. */
  retired: v.nullable(v.string()),
  /** Fingerprints of keys that a teacher rejected, the newest last. */
  rejected: v.array(v.string()),
  /** The laptop that it replaces. */
  alias: v.nullable(
    v.strictObject({
      of: v.pipe(
        v.string(),
        v.transform((text: string): Serial => parseSerial(text)),
      ),
      since: v.string(),
    }),
  ),
});
export type Laptop = v.InferOutput<typeof schema>;

/** Longer nicks are cut; Sugar's own field is much shorter. */
const MAX_NICK = 100;
const MAX_UUID = 64;

/** The record of an unknown laptop, from what it sent. */
export function newRecord(serial: Serial, nick: string, uuid: string, now: Date): Laptop {
  return {
    version: 2,
    serial,
    uuid: plainUuid(uuid),
    nick: plainText(nick, MAX_NICK),
    registered: now.toISOString(),
    keys: { sugar: null, own: null },
    pending: [],
    colors: null,
    retired: null,
    rejected: [],
    alias: null,
  };
}

/**
 * Undefined for a folder without a record, left by the original program. A damaged record, or one that
 * is gone, is made anew from its copy. Throws `damaged` when neither can be read.
 */
export function readRecord(paths: Paths, serial: Serial): Laptop | undefined {
  const { registration, registrationCopy } = inLaptop(paths, serial);
  const problems: unknown[] = [];
  for (const path of [registration, registrationCopy]) {
    try {
      const laptop = readAt(path, serial);
      if (!laptop) continue;
      keepBoth(paths, serial, laptop);
      return laptop;
    } catch (error) {
      problems.push(error);
    }
  }
  if (problems.length > 0) throw problems[0];
  return undefined;
}

/** Makes a missing or damaged one of the two files anew, where the disk allows it. */
function keepBoth(paths: Paths, serial: Serial, laptop: Laptop): void {
  const { registration, registrationCopy } = inLaptop(paths, serial);
  const text = textOf(laptop);
  for (const path of [registration, registrationCopy]) {
    try {
      if (isSame(path, serial, text)) continue;
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) setAside(path);
      writeFileDurably(path, text, 0o600);
    } catch {
      // A full or read-only disk: the laptop is served all the same.
    }
  }
}

function isSame(path: string, serial: Serial, text: string): boolean {
  try {
    const laptop = readAt(path, serial);
    return laptop !== undefined && textOf(laptop) === text;
  } catch {
    return false;
  }
}

/** Undefined for no file. Throws `damaged`. */
function readAt(path: string, serial: Serial): Laptop | undefined {
  try {
    const raw = v.parse(
      v.variant('version', [firstSchema, schema]),
      JSON.parse(readFileSync(path, 'utf8')),
    );
    if (raw.serial !== serial) throw new Error(`it belongs to ${raw.serial}`);
    if (raw.version === 2) return raw;
    return { ...raw, version: 2, colors: null, retired: null, rejected: [], alias: null };
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DsError('damaged', `${path} cannot be read: ${reason}`, { cause });
  }
}

/** The record first: its copy may be older after a power cut, and is made anew then. */
export function writeRecord(paths: Paths, serial: Serial, laptop: Laptop): void {
  const { registration, registrationCopy } = inLaptop(paths, serial);
  writeFileDurably(registration, textOf(laptop), 0o600);
  writeFileDurably(registrationCopy, textOf(laptop), 0o600);
}

function textOf(laptop: Laptop): string {
  return `${JSON.stringify(laptop, null, 2)}\n`;
}

/** A uuid as it is stored and compared. */
export function plainUuid(uuid: string): string {
  return plainText(uuid, MAX_UUID);
}

/** Text from outside without control characters, at most `length` characters. */
function plainText(text: string, length: number): string {
  return [...text.replace(/\p{C}/gu, ' ').trim()].slice(0, length).join('');
}
