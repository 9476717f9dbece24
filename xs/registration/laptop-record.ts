/**
 * `registration.json` in a laptop's folder: what is known of the laptop, and the truth about it
 * (PROTOCOL.md, "registration.json"). Files of version 1 are read as if they were of version 2, and
 * become so when they are written next.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { DsError, isErrno } from '../../shared/errors.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';

const keyKind = v.picklist(['sugar', 'own']);
/** *sugar* is what Sugar's menu sends (the original client's), *own* is that of our agent. */
export type KeyKind = v.InferOutput<typeof keyKind>;

const common = {
  serial: v.string(),
  uuid: v.string(),
  nick: v.string(),
  registered: v.string(),
  keys: v.strictObject({ sugar: v.nullable(v.string()), own: v.nullable(v.string()) }),
  /** Keys that wait for a teacher, the newest last. */
  pending: v.array(
    v.strictObject({ kind: keyKind, key: v.string(), uuid: v.string(), since: v.string() }),
  ),
};
const firstSchema = v.strictObject({ version: v.literal(1), ...common });
const schema = v.strictObject({
  version: v.literal(2),
  ...common,
  /** The colours of the child's figure, `#rrggbb,#rrggbb`; our agent tells them, Sugar does not. */
  colors: v.nullable(v.string()),
  /** Since when it is out of use. */
  retired: v.nullable(v.string()),
  /** Fingerprints of keys that a teacher said no to, the newest last. */
  rejected: v.array(v.string()),
  /** It took the place of another laptop. */
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

/** Longer nicks are cut; Sugar's own field takes far less. */
const MAX_NICK = 100;
const MAX_UUID = 64;

/** A laptop never seen before, as it said it is. */
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

/** Undefined for a folder without one, of the original's time. Throws `damaged`. */
export function readRecord(paths: Paths, serial: Serial): Laptop | undefined {
  const path = inLaptop(paths, serial).registration;
  try {
    const raw = v.parse(
      v.variant('version', [firstSchema, schema]),
      JSON.parse(readFileSync(path, 'utf8')),
    );
    if (raw.serial !== serial) throw new Error(`it is of ${raw.serial}`);
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

/** A uuid as it is kept and compared. */
export function plainUuid(uuid: string): string {
  return plainText(uuid, MAX_UUID);
}

/** Text from outside without control characters, at most `length` characters. */
function plainText(text: string, length: number): string {
  return [...text.replace(/\p{C}/gu, ' ').trim()].slice(0, length).join('');
}
