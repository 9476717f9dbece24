/**
 * Who the laptops are: one `registration.json` in each laptop's folder is the truth, held in memory
 * while the service runs. Every change is on the disk before it is answered, and in the audit log.
 *
 * Two kinds of key: *sugar* is what Sugar's menu sends (the original client's), *own* is the ed25519
 * key of our agent. The first of each kind is accepted, if the uuid is right; any other waits for a
 * teacher (X2).
 */
import { readdirSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { asDsError, DsError } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { type PublicKey, parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { makeLaptopFolders, type Ownership } from '../storage/ownership.ts';
import type { Paths } from '../storage/paths.ts';
import { checkAlias } from './aliases.ts';
import type { Audit, AuditDetails, AuditEvent } from './audit.ts';
import { hasBackup } from './forget.ts';
import {
  type KeyKind,
  type Laptop,
  newRecord,
  plainUuid,
  readRecord,
  writeRecord,
} from './laptop-record.ts';
import type { Newcomers } from './newcomers.ts';

/** A flood of changed keys must not fill the disk; a teacher needs the newest ones only. */
const MAX_PENDING = 8;
const MAX_REJECTED = 32;

export type KeyDecision = 'accepted' | 'pending';

export interface RegistrationOptions {
  paths: Paths;
  ownership: Ownership;
  clock: Clock;
  log: Log;
  newcomers: Newcomers;
  audit: Audit;
  /** Called after each change of an accepted key. */
  onKeys: () => void;
  /** Called after each change of an alias. */
  onAliases?: () => void;
}

export class Registrations {
  readonly #laptops = new Map<Serial, Laptop>();
  /** Those whose file cannot be read: nobody may become one of them by registering anew. */
  readonly #unreadable = new Set<Serial>();
  /** Those known to have a backup; what has one never counts as unused again. */
  readonly #used = new Set<Serial>();
  readonly #options: RegistrationOptions;

  /** Reads what is on the disk. A damaged file is reported and its laptop stays unregistered. */
  constructor(options: RegistrationOptions) {
    this.#options = options;
    for (const name of readdirSync(options.paths.library)) {
      const serial = tryParse(parseSerial, name);
      if (serial) this.#read(serial);
    }
  }

  get(serial: Serial): Laptop | undefined {
    return this.#laptops.get(serial);
  }

  all(): readonly [Serial, Laptop][] {
    return [...this.#laptops];
  }

  /** All of them, for the pure functions of aliases.ts. */
  bySerial(): ReadonlyMap<Serial, Laptop> {
    return this.#laptops;
  }

  /** Registered and not retired: it may come with its keys. */
  isActive(serial: Serial): boolean {
    return this.#laptops.get(serial)?.retired === null;
  }

  /**
   * What Sugar's menu asks for. `address` is where it comes from. Throws `bad-input` for a key that
   * is none and `server-refused` when this laptop may not register.
   */
  register(
    serial: Serial,
    nick: string,
    uuid: string,
    pubkey: string,
    address = 'unknown',
  ): KeyDecision {
    const key = parsePublicKey(pubkey);
    const known = this.#laptops.get(serial);
    if (known) return this.#offerKey(serial, known, 'sugar', key, uuid);
    const { paths, ownership, clock, log, newcomers, audit } = this.#options;
    if (this.#unreadable.has(serial)) {
      throw new DsError('server-refused', `what this server knows of ${serial} is damaged`, {
        hint: 'look at its registration.json on the server: mend it, or move it away',
      });
    }
    newcomers.check(address, this.#laptops.size, () => this.unused().length);
    const laptop = newRecord(serial, nick, uuid, clock.now());
    makeLaptopFolders(ownership, paths, serial);
    this.#write(serial, { ...laptop, keys: { ...laptop.keys, sugar: key.line } });
    newcomers.count(address);
    log.info('laptop-registered', { serial, nick: laptop.nick, address });
    const { fingerprint } = key;
    audit.asked('registered', serial, { nick: laptop.nick, address, fingerprint });
    this.#options.onKeys();
    return 'accepted';
  }

  /**
   * What our agent asks for. Throws `not-registered`, `server-refused`, `bad-input`, or `key-taken` for
   * the key of another laptop: of one whose home was copied here, or whose board was replaced.
   */
  enrol(serial: Serial, uuid: string, ownKey: string, color?: string): KeyDecision {
    const key = parsePublicKey(ownKey);
    if (key.type !== 'ssh-ed25519') throw new DsError('bad-input', 'the key must be ed25519');
    const known = this.#laptops.get(serial);
    if (!known) {
      throw new DsError('not-registered', `${serial} is not registered on this server`, {
        hint: 'use "Register" in the laptop\'s Sugar menu first',
      });
    }
    const decision = this.#offerKey(serial, known, 'own', key, uuid);
    // A stranger's colours must not stand beside a child's name.
    if (decision === 'accepted' && color !== undefined) this.#paint(serial, color);
    return decision;
  }

  #paint(serial: Serial, colors: string): void {
    const laptop = this.#known(serial);
    if (laptop.colors !== colors) this.#write(serial, { ...laptop, colors });
  }

  /**
   * A teacher's yes to the newest waiting key of a kind, or to the one with this fingerprint. For a
   * rejected one it means that it may wait again. Throws `not-found` and `key-taken`.
   */
  approve(serial: Serial, kind: KeyKind, fingerprint?: string): 'approved' | 'unrejected' {
    const laptop = this.#known(serial);
    if (fingerprint !== undefined && laptop.rejected.includes(fingerprint)) {
      const rejected = laptop.rejected.filter((one) => one !== fingerprint);
      this.#write(serial, { ...laptop, rejected });
      this.#decided('unrejected', serial, { fingerprint });
      return 'unrejected';
    }
    const waiting = laptop.pending.findLast(
      (one) => one.kind === kind && [undefined, fingerprintOf(one.key)].includes(fingerprint),
    );
    if (!waiting) throw new DsError('not-found', `no such key of ${serial} waits for approval`);
    if (kind === 'own') this.#checkOwner(serial, waiting.key);
    this.#write(serial, {
      ...laptop,
      uuid: waiting.uuid,
      keys: { ...laptop.keys, [kind]: waiting.key },
      pending: laptop.pending.filter((pending) => pending.kind !== kind),
    });
    this.#decided('approved', serial, { kind, fingerprint: fingerprintOf(waiting.key) });
    this.#options.onKeys();
    return 'approved';
  }

  /** A teacher's no to all waiting keys of a kind; they do not wait again. Throws `not-found`. */
  reject(serial: Serial, kind: KeyKind): string[] {
    const laptop = this.#known(serial);
    const refused = laptop.pending.filter((pending) => pending.kind === kind);
    if (refused.length === 0) {
      throw new DsError('not-found', `no ${kind} key of ${serial} waits for approval`);
    }
    const fingerprints = refused.map(({ key }) => fingerprintOf(key));
    this.#write(serial, {
      ...laptop,
      pending: laptop.pending.filter((pending) => pending.kind !== kind),
      rejected: [...new Set([...laptop.rejected, ...fingerprints])].slice(-MAX_REJECTED),
    });
    for (const fingerprint of fingerprints)
      this.#decided('rejected', serial, { kind, fingerprint });
    return fingerprints;
  }

  /** Out of use: its keys open nothing, its snapshots stay. Returns whether that is new. */
  retire(serial: Serial): boolean {
    const laptop = this.#known(serial);
    if (laptop.retired !== null) return false;
    this.#write(serial, { ...laptop, retired: this.#options.clock.now().toISOString() });
    this.#decided('retired', serial);
    this.#options.onKeys();
    return true;
  }

  /** In use again, with the keys it had. Returns whether that is new. */
  unretire(serial: Serial): boolean {
    const laptop = this.#known(serial);
    if (laptop.retired === null) return false;
    this.#write(serial, { ...laptop, retired: null });
    this.#decided('unretired', serial);
    this.#options.onKeys();
    return true;
  }

  /** `newer` takes the place of `older`. Throws `not-registered` and `bad-input`. */
  alias(newer: Serial, older: Serial): void {
    const laptop = this.#known(newer);
    this.#known(older);
    checkAlias(newer, older, this.#laptops);
    const since = this.#options.clock.now().toISOString();
    this.#write(newer, { ...laptop, alias: { of: older, since } });
    this.#decided('aliased', newer, { of: older });
    this.#options.onAliases?.();
  }

  /** Ends that, and returns whose place it had taken. Throws `not-found`. */
  unalias(newer: Serial): Serial {
    const laptop = this.#known(newer);
    const older = laptop.alias?.of;
    if (!older) throw new DsError('not-found', `${newer} does not replace another laptop`);
    this.#write(newer, { ...laptop, alias: null });
    this.#decided('unaliased', newer, { of: older });
    this.#options.onAliases?.();
    return older;
  }

  /** Registered and without any backup. */
  unused(): [Serial, Laptop][] {
    return [...this.#laptops].filter(([serial]) => {
      if (this.#used.has(serial)) return false;
      if (hasBackup(this.#options.paths, serial)) this.#used.add(serial);
      return !this.#used.has(serial);
    });
  }

  /** Its folder is gone (unused.ts sees to that): it is a stranger again. */
  forgotten(serial: Serial): void {
    this.#laptops.delete(serial);
    this.#decided('forgotten', serial);
    this.#options.onKeys();
  }

  #offerKey(
    serial: Serial,
    laptop: Laptop,
    kind: KeyKind,
    key: PublicKey,
    uuid: string,
  ): KeyDecision {
    const { log, clock, onKeys, audit } = this.#options;
    const { fingerprint } = key;
    if (laptop.retired !== null) {
      throw new DsError('server-refused', 'this laptop is out of use here', {
        hint: `a teacher can take it back: "xs-backup unretire ${serial}"`,
      });
    }
    if (kind === 'own') this.#checkOwner(serial, key.line);
    if (laptop.keys[kind] === key.line) return 'accepted';
    const details = { kind, fingerprint };
    const known = plainUuid(uuid);
    const isRejected = laptop.rejected.includes(fingerprint);
    if (laptop.keys[kind] === null && laptop.uuid === known && !isRejected) {
      this.#write(serial, { ...laptop, keys: { ...laptop.keys, [kind]: key.line } });
      log.info('key-accepted', { serial, ...details });
      audit.asked('key-accepted', serial, details);
      onKeys();
      return 'accepted';
    }
    if (isRejected) return 'pending';
    if (laptop.pending.some((pending) => pending.kind === kind && pending.key === key.line)) {
      return 'pending';
    }
    const pending = { kind, key: key.line, uuid: known, since: clock.now().toISOString() };
    this.#write(serial, { ...laptop, pending: [...laptop.pending, pending].slice(-MAX_PENDING) });
    log.warn('key-waits-for-approval', { serial, ...details });
    audit.asked('waiting', serial, details);
    return 'pending';
  }

  /** An agent's key decides which laptop it is, so it can be one laptop's only. Throws `key-taken`. */
  #checkOwner(serial: Serial, key: string): void {
    for (const [other, { keys }] of this.#laptops) {
      if (other === serial || keys.own !== key) continue;
      // Whose it is, is not for everybody to know.
      throw new DsError('key-taken', 'this key is that of another laptop', {
        hint: 'reject it; the laptop makes itself a new one',
      });
    }
  }

  #known(serial: Serial): Laptop {
    const laptop = this.#laptops.get(serial);
    if (laptop) return laptop;
    throw new DsError('not-registered', `no laptop ${serial} is registered here`);
  }

  #decided(event: AuditEvent, serial: Serial, details: AuditDetails = {}): void {
    this.#options.log.info(`laptop-${event}`, { serial, ...details });
    this.#options.audit.decided(event, serial, details);
  }

  #read(serial: Serial): void {
    try {
      const laptop = readRecord(this.#options.paths, serial);
      if (laptop) this.#laptops.set(serial, laptop);
    } catch (error) {
      this.#unreadable.add(serial);
      const reason = asDsError(error).message;
      this.#options.log.warn('registration-unreadable', { serial, reason });
    }
  }

  #write(serial: Serial, laptop: Laptop): void {
    writeRecord(this.#options.paths, serial, laptop);
    this.#laptops.set(serial, laptop);
  }
}

function fingerprintOf(key: string): string {
  return parsePublicKey(key).fingerprint;
}
