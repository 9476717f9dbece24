/**
 * `registration.json` in a laptop's folder, the authoritative record of the laptop (PROTOCOL.md,
 * "registration.json"). Older versions are read as version 3 and upgraded by the next write.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { asDsError, DsError, isErrno } from '../../shared/errors.ts';
import { idSchema } from '../../shared/id-schema.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { placedAside, placeFilesAside } from '../../shared/system/files-aside.ts';
import { Overtaken, type Write } from '../../shared/system/writing.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { withReserve, withReserveAside } from '../storage/reserve.ts';
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
};
const oldPending = { kind: keyKind, key: v.string(), uuid: v.string(), since: v.string() };
/** Keys pending approval by a teacher, the newest last. */
const oldPendings = { pending: v.array(v.strictObject(oldPending)) };
const pendingSchema = v.strictObject({
  ...oldPending,
  /** The digits of its introduction, and those that answer them; null for Sugar's keys. */
  code: v.nullable(v.string()),
  answer: v.nullable(v.string()),
  /** The network address that it came from. */
  from: v.nullable(v.string()),
});
export type PendingKey = v.InferOutput<typeof pendingSchema>;
const later = {
  /** The child's XO colours, `#rrggbb,#rrggbb`; sent by our agent, not by Sugar. */
  colors: v.nullable(v.string()),
  /** When it was taken out of use, or null. */
  retired: v.nullable(v.string()),
  /** Fingerprints of keys that a teacher rejected, the newest last. */
  rejected: v.array(v.string()),
  /** The laptop that it replaces. */
  alias: v.nullable(
    v.strictObject({
      of: idSchema(parseSerial),
      since: v.string(),
    }),
  ),
};
const firstSchema = v.strictObject({ version: v.literal(1), ...common, ...oldPendings });
const secondSchema = v.strictObject({
  version: v.literal(2),
  ...common,
  ...oldPendings,
  ...later,
});
const schema = v.strictObject({
  version: v.literal(3),
  ...common,
  pending: v.array(pendingSchema),
  ...later,
  /**
   * How the accepted own key was introduced, and when a teacher or admin confirmed it; null for keys of
   * an older version.
   */
  introduction: v.nullable(
    v.strictObject({ code: v.string(), answer: v.string(), confirmed: v.nullable(v.string()) }),
  ),
  /**
   * Since when the Sugar key is one that nobody has compared, of the old server's database or let in with
   * many others: with it, the laptop may back up, and read nothing. Absent for any other key.
   */
  imported: v.optional(v.string()),
});
export type Laptop = v.InferOutput<typeof schema>;

/** Longer nicks are cut; Sugar's own field is much shorter. */
const MAX_NICK = 100;
const MAX_UUID = 64;

/** The record of an unknown laptop, from what it sent. */
export function newRecord(serial: Serial, nick: string, uuid: string, now: Date): Laptop {
  return {
    version: 3,
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
    introduction: null,
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
      v.variant('version', [firstSchema, secondSchema, schema]),
      JSON.parse(readFileSync(path, 'utf8')),
    );
    if (raw.serial !== serial) throw new Error(`it belongs to ${raw.serial}`);
    return raw.version === 3 ? raw : upgraded(raw);
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DsError('damaged', `${path} cannot be read: ${reason}`, { cause });
  }
}

/** Keys that waited under an older version have no digits: their laptops introduce them again. */
function upgraded(old: v.InferOutput<typeof firstSchema | typeof secondSchema>): Laptop {
  return {
    ...{ colors: null, retired: null, rejected: [], alias: null, introduction: null },
    ...old,
    version: 3,
    pending: old.pending
      .filter(({ kind }) => kind === 'sugar')
      .map((one) => ({ ...one, code: null, answer: null, from: null })),
  };
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

/** Throws `server-refused` for a retired laptop. */
export function checkInUse({ serial, retired }: Laptop): void {
  if (retired === null) return;
  throw new DsError('server-refused', 'this laptop is out of use here', {
    hint: `a teacher can take it back into use: "xs-backup unretire ${serial}"`,
  });
}

/** A uuid as it is stored and compared. */
export function plainUuid(uuid: string): string {
  return plainText(uuid, MAX_UUID);
}

/** Text from outside without control characters, at most `length` characters. */
function plainText(text: string, length: number): string {
  return [...text.replace(/\p{C}/gu, ' ').trim()].slice(0, length).join('');
}

/** All of them, in memory and on the disk. */
export class LaptopRecords {
  readonly laptops = new Map<Serial, Laptop>();
  /** Laptops whose file cannot be read: nobody may take over their serial by registering again. */
  readonly #unreadable = new Set<Serial>();
  /** How often any of them changed. */
  #changes = 0;
  readonly #paths: Paths;
  readonly #log: Log;

  constructor(paths: Paths, log: Log) {
    this.#paths = paths;
    this.#log = log;
    for (const name of readdirSync(paths.library)) {
      const serial = tryParse(parseSerial, name);
      if (serial) this.read(serial);
    }
  }

  unreadable(): readonly Serial[] {
    return [...this.#unreadable];
  }

  /** Throws `not-registered`, and `server-refused` like `checkReadable`. */
  known(serial: Serial): Laptop {
    const laptop = this.laptops.get(serial);
    if (laptop) return laptop;
    this.checkReadable(serial);
    const healed = this.laptops.get(serial);
    if (healed) return healed;
    throw new DsError('not-registered', `no laptop ${serial} is registered here`, {
      hint: 'use "Register" in the laptop\'s Sugar menu first',
    });
  }

  /** Throws `server-refused` for a laptop whose record is damaged, after another look. */
  checkReadable(serial: Serial): void {
    if (!this.#unreadable.has(serial)) return;
    this.read(serial);
    if (!this.#unreadable.has(serial)) return;
    throw new DsError('server-refused', `the registration of ${serial} on this server is damaged`, {
      hint: 'a teacher finds it in "xs-backup status"; nothing that was backed up is lost',
    });
  }

  read(serial: Serial): void {
    try {
      const laptop = readRecord(this.#paths, serial);
      if (laptop) this.#set(serial, laptop);
      this.#unreadable.delete(serial);
    } catch (error) {
      if (this.#unreadable.has(serial)) return; // logged before
      this.#unreadable.add(serial);
      const reason = asDsError(error).message;
      this.#log.warn('registration-unreadable', { serial, reason });
    }
  }

  /** Its folder is gone. */
  forget(serial: Serial): void {
    this.laptops.delete(serial);
    this.#changes += 1;
  }

  /**
   * What was decided from all that is known now. About a laptop that is known it is written on a full disk, too; a
   * newcomer has to wait.
   */
  writing(serial: Serial, laptop: Laptop): Write {
    const paths = this.#paths;
    const isKnown = this.laptops.has(serial);
    const changes = this.#changes;
    const { registration, registrationCopy } = inLaptop(paths, serial);
    const place = (rename: () => void) => {
      if (changes !== this.#changes) throw new Overtaken();
      rename();
      this.#set(serial, laptop);
    };
    const aside = () =>
      placeFilesAside([registration, registrationCopy], textOf(laptop), 0o600, place);
    const now = () => writeRecord(paths, serial, laptop);
    return {
      now: () => {
        if (isKnown) withReserve(paths, now);
        else now();
        this.#set(serial, laptop);
      },
      aside: async () => {
        await (isKnown ? withReserveAside(paths, aside) : aside());
      },
    };
  }

  /** Resolves when what is known of it is durable. */
  settled(serial: Serial): Promise<void> {
    return placedAside(inLaptop(this.#paths, serial).registration);
  }

  #set(serial: Serial, laptop: Laptop): void {
    this.laptops.set(serial, laptop);
    this.#changes += 1;
  }
}
