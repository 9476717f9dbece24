/**
 * `registration.json` in a laptop's folder, the authoritative record of the laptop (PROTOCOL.md,
 * "registration.json"). Version 1 is read as version 2 and upgraded by the next write.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { DsError, isErrno } from '../../shared/errors.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';

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

/** Undefined for a folder without a record, left by the original program. Throws `damaged`. */
export function readRecord(paths: Paths, serial: Serial): Laptop | undefined {
  const path = inLaptop(paths, serial).registration;
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

export function writeRecord(paths: Paths, serial: Serial, laptop: Laptop): void {
  const path = inLaptop(paths, serial).registration;
  writeFileDurably(path, `${JSON.stringify(laptop, null, 2)}\n`, 0o600);
}

/** A uuid as it is stored and compared. */
export function plainUuid(uuid: string): string {
  return plainText(uuid, MAX_UUID);
}

/** Text from outside without control characters, at most `length` characters. */
function plainText(text: string, length: number): string {
  return [...text.replace(/\p{C}/gu, ' ').trim()].slice(0, length).join('');
}
