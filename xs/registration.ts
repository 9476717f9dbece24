/**
 * Who the laptops are: one `registration.json` in each laptop's folder is the truth, held in memory
 * while the service runs. Every change is on the disk before it is answered.
 *
 * Two kinds of key: *sugar* is what Sugar's menu sends (the original client's), *own* is the ed25519
 * key of our agent. The first of each kind is accepted, if the uuid is right; any other waits for a
 * teacher (X2).
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Clock } from '../shared/clock.ts';
import { DsError, isErrno } from '../shared/errors.ts';
import { writeFileDurably } from '../shared/files.ts';
import { parseSerial, type Serial, tryParse } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { type PublicKey, parsePublicKey } from '../shared/ssh-key.ts';
import { type Access, makeLaptopFolders } from './access.ts';
import { inLaptop, type Paths } from './paths.ts';

const keyKind = v.picklist(['sugar', 'own']);
export type KeyKind = v.InferOutput<typeof keyKind>;

const laptopSchema = v.strictObject({
  version: v.literal(1),
  serial: v.string(),
  uuid: v.string(),
  nick: v.string(),
  registered: v.string(),
  keys: v.strictObject({ sugar: v.nullable(v.string()), own: v.nullable(v.string()) }),
  pending: v.array(
    v.strictObject({ kind: keyKind, key: v.string(), uuid: v.string(), since: v.string() }),
  ),
});
export type Laptop = v.InferOutput<typeof laptopSchema>;

/** A flood of changed keys must not fill the disk; a teacher needs the newest ones only. */
const MAX_PENDING = 8;
/** Longer nicks are cut; Sugar's own field takes far less. */
const MAX_NICK = 100;

export type KeyDecision = 'accepted' | 'pending';

export interface RegistrationOptions {
  paths: Paths;
  access: Access;
  clock: Clock;
  log: Log;
  /** Whether serials never seen before may register. */
  open: boolean;
  /** Called after each change of an accepted key. */
  onKeys: () => void;
}

export class Registrations {
  readonly #laptops = new Map<Serial, Laptop>();
  readonly #options: RegistrationOptions;

  /** Reads what is on the disk. A damaged file is reported and its laptop stays unregistered. */
  constructor(options: RegistrationOptions) {
    this.#options = options;
    for (const name of readdirSync(options.paths.library)) {
      const serial = tryParse(parseSerial, name);
      const laptop = serial && this.#read(serial);
      if (serial && laptop) this.#laptops.set(serial, laptop);
    }
  }

  get(serial: Serial): Laptop | undefined {
    return this.#laptops.get(serial);
  }

  all(): readonly [Serial, Laptop][] {
    return [...this.#laptops];
  }

  /**
   * What Sugar's menu asks for. Throws `bad-input` for a key that is none and `server-refused` when
   * registration is switched off.
   */
  register(serial: Serial, nick: string, uuid: string, pubkey: string): KeyDecision {
    const key = parsePublicKey(pubkey);
    const known = this.#laptops.get(serial);
    if (known) return this.#offerKey(serial, known, 'sugar', key, uuid);
    if (!this.#options.open) {
      throw new DsError('server-refused', 'registration is switched off on this server', {
        hint: 'a teacher can switch it on: "registration.open" in the configuration',
      });
    }
    const laptop: Laptop = {
      version: 1,
      serial,
      uuid: plainText(uuid, 64),
      nick: plainText(nick, MAX_NICK),
      registered: this.#options.clock.now().toISOString(),
      keys: { sugar: key.line, own: null },
      pending: [],
    };
    makeLaptopFolders(this.#options.access, this.#options.paths, serial);
    this.#write(serial, laptop);
    this.#options.log.info('laptop-registered', { serial, nick: laptop.nick });
    this.#options.onKeys();
    return 'accepted';
  }

  /** What our agent asks for. Throws `not-registered` or `bad-input`. */
  enrol(serial: Serial, uuid: string, ownKey: string): KeyDecision {
    const key = parsePublicKey(ownKey);
    if (key.type !== 'ssh-ed25519') throw new DsError('bad-input', 'the key must be ed25519');
    const known = this.#laptops.get(serial);
    if (!known) {
      throw new DsError('not-registered', `${serial} is not registered on this server`, {
        hint: 'use "Register" in the laptop\'s Sugar menu first',
      });
    }
    return this.#offerKey(serial, known, 'own', key, uuid);
  }

  /** A teacher's yes to the newest waiting key of a kind. Throws `not-found`. */
  approve(serial: Serial, kind: KeyKind): void {
    const laptop = this.#laptops.get(serial);
    const waiting = laptop?.pending.findLast((pending) => pending.kind === kind);
    if (!laptop || !waiting) {
      throw new DsError('not-found', `no key of ${serial} is waiting for approval`);
    }
    this.#write(serial, {
      ...laptop,
      uuid: waiting.uuid,
      keys: { ...laptop.keys, [kind]: waiting.key },
      pending: laptop.pending.filter((pending) => pending.kind !== kind),
    });
    this.#options.log.info('key-approved', { serial, kind });
    this.#options.onKeys();
  }

  #offerKey(
    serial: Serial,
    laptop: Laptop,
    kind: KeyKind,
    key: PublicKey,
    uuid: string,
  ): KeyDecision {
    const { log, clock, onKeys } = this.#options;
    if (laptop.keys[kind] === key.line) return 'accepted';
    if (laptop.keys[kind] === null && laptop.uuid === uuid) {
      this.#write(serial, { ...laptop, keys: { ...laptop.keys, [kind]: key.line } });
      log.info('key-accepted', { serial, kind, fingerprint: key.fingerprint });
      onKeys();
      return 'accepted';
    }
    if (laptop.pending.some((pending) => pending.kind === kind && pending.key === key.line)) {
      return 'pending';
    }
    const since = clock.now().toISOString();
    const pending = { kind, key: key.line, uuid: plainText(uuid, 64), since };
    this.#write(serial, { ...laptop, pending: [...laptop.pending, pending].slice(-MAX_PENDING) });
    log.warn('key-waits-for-approval', { serial, kind, fingerprint: key.fingerprint });
    return 'pending';
  }

  #read(serial: Serial): Laptop | undefined {
    const path = inLaptop(this.#options.paths, serial).registration;
    try {
      const laptop = v.parse(laptopSchema, JSON.parse(readFileSync(path, 'utf8')));
      if (laptop.serial !== serial) throw new Error(`it is of ${laptop.serial}`);
      return laptop;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined; // a folder of the original's time
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.warn('registration-unreadable', { serial, path, reason });
      return undefined;
    }
  }

  #write(serial: Serial, laptop: Laptop): void {
    const path = inLaptop(this.#options.paths, serial).registration;
    writeFileDurably(path, `${JSON.stringify(laptop, null, 2)}\n`, 0o600);
    this.#laptops.set(serial, laptop);
  }
}

/** Text from outside without control characters, at most `length` characters. */
function plainText(text: string, length: number): string {
  return [...text.replace(/\p{C}/gu, ' ').trim()].slice(0, length).join('');
}
