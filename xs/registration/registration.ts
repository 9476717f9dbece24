/**
 * The registered laptops. The truth is one `registration.json` in each laptop's folder; this class
 * holds them in memory. Every change is on disk before it is answered, and in the audit log.
 *
 * There are two kinds of key: *sugar* is the one that Sugar's "Register" menu sends (the original
 * client's), *own* is the ed25519 key of our agent. `key-decision.ts` says which are accepted.
 */

import { readdirSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { asDsError, DsError } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { makeLaptopFolders, type Ownership } from '../storage/ownership.ts';
import type { Paths } from '../storage/paths.ts';
import { withReserve } from '../storage/reserve.ts';
import { checkAlias } from './aliases.ts';
import type { Audit, AuditDetails, AuditEvent } from './audit.ts';
import { hasBackup } from './has-backup.ts';
import { judgeKey, type KeyDecision, type OfferedKey } from './key-decision.ts';
import {
  type KeyKind,
  type Laptop,
  newRecord,
  plainUuid,
  readRecord,
  writeRecord,
} from './laptop-record.ts';
import type { Newcomers } from './newcomers.ts';

/** Bounds what a flood of changed keys can store; a teacher needs only the newest. */
const MAX_PENDING = 8;
const MAX_REJECTED = 32;

export interface RegistrationOptions {
  paths: Paths;
  ownership: Ownership;
  clock: Clock;
  log: Log;
  newcomers: Newcomers;
  audit: Audit;
}

export class Registrations {
  readonly #laptops = new Map<Serial, Laptop>();
  /** Laptops whose file cannot be read: nobody may take over their serial by registering again. */
  readonly #unreadable = new Set<Serial>();
  /** Laptops known to have a backup: they never count as unused again. */
  readonly #used = new Set<Serial>();
  readonly #options: RegistrationOptions;
  readonly #keyListeners: (() => void)[] = [];
  readonly #aliasListeners: (() => void)[] = [];

  /** Reads all records. A damaged one is logged, and its laptop stays unregistered. */
  constructor(options: RegistrationOptions) {
    this.#options = options;
    for (const name of readdirSync(options.paths.library)) {
      const serial = tryParse(parseSerial, name);
      if (serial) this.#read(serial);
    }
  }

  /** Calls `listener` after each change of an accepted key, or of which laptops are in use. */
  whenKeysChange(listener: () => void): void {
    this.#keyListeners.push(listener);
  }

  /** Calls `listener` after each change of an alias. */
  whenAliasesChange(listener: () => void): void {
    this.#aliasListeners.push(listener);
  }

  get(serial: Serial): Laptop | undefined {
    return this.#laptops.get(serial);
  }

  all(): readonly [Serial, Laptop][] {
    return [...this.#laptops];
  }

  /** Laptops whose record cannot be read: they can neither back up nor restore. */
  unreadable(): readonly Serial[] {
    return [...this.#unreadable];
  }

  /** All laptops, for the pure functions of aliases.ts. */
  bySerial(): ReadonlyMap<Serial, Laptop> {
    return this.#laptops;
  }

  /** Registered and not retired: its keys are valid. */
  isActive(serial: Serial): boolean {
    return this.#laptops.get(serial)?.retired === null;
  }

  /**
   * Registers a laptop, or offers another key of a known one: the request of Sugar's menu. `address` is
   * the client's. Throws `bad-input` for an invalid key, `server-refused` when it may not register.
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
    if (known) return this.#offerKey(serial, known, { ...key, kind: 'sugar', uuid });
    const { paths, ownership, clock, log, newcomers, audit } = this.#options;
    this.#checkReadable(serial);
    const healed = this.#laptops.get(serial);
    if (healed) return this.#offerKey(serial, healed, { ...key, kind: 'sugar', uuid });
    newcomers.check(address, this.#laptops.size, () => this.unused().length);
    const laptop = newRecord(serial, nick, uuid, clock.now());
    makeLaptopFolders(ownership, paths, serial);
    this.#write(serial, { ...laptop, keys: { ...laptop.keys, sugar: key.line } });
    newcomers.count(address);
    log.info('laptop-registered', { serial, nick: laptop.nick, address });
    const { fingerprint } = key;
    audit.asked('registered', serial, { nick: laptop.nick, address, fingerprint });
    callAll(this.#keyListeners);
    return 'accepted';
  }

  /**
   * Offers the key of our agent. Throws `not-registered`, `server-refused`, `bad-input`, or `key-taken`
   * for the key of another laptop, for example after a home folder was copied.
   */
  enrol(serial: Serial, uuid: string, ownKey: string, color?: string): KeyDecision {
    const key = parsePublicKey(ownKey);
    if (key.type !== 'ssh-ed25519') throw new DsError('bad-input', 'the key must be ed25519');
    const known = this.#laptops.get(serial);
    if (!known) {
      this.#checkReadable(serial);
      throw new DsError('not-registered', `${serial} is not registered on this server`, {
        hint: 'use "Register" in the laptop\'s Sugar menu first',
      });
    }
    const decision = this.#offerKey(serial, known, { ...key, kind: 'own', uuid });
    // Only an accepted key may set the colours shown beside the child's name.
    if (decision === 'accepted' && color !== undefined) this.#paint(serial, color);
    return decision;
  }

  #paint(serial: Serial, colors: string): void {
    const laptop = this.#known(serial);
    if (laptop.colors !== colors) this.#write(serial, { ...laptop, colors });
  }

  /**
   * Approves the newest pending key of a kind, or the one with this fingerprint. A rejected key is only
   * allowed to become pending again. Throws `not-found` and `key-taken`.
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
    if (!waiting) throw new DsError('not-found', `no such key of ${serial} is pending`);
    if (kind === 'own') this.#checkOwner(serial, waiting.key);
    this.#write(serial, {
      ...laptop,
      uuid: waiting.uuid,
      keys: { ...laptop.keys, [kind]: waiting.key },
      pending: laptop.pending.filter((pending) => pending.kind !== kind),
    });
    this.#decided('approved', serial, { kind, fingerprint: fingerprintOf(waiting.key) });
    callAll(this.#keyListeners);
    return 'approved';
  }

  /** Rejects all pending keys of a kind; returns their fingerprints. Throws `not-found`. */
  reject(serial: Serial, kind: KeyKind): string[] {
    const laptop = this.#known(serial);
    const refused = laptop.pending.filter((pending) => pending.kind === kind);
    if (refused.length === 0) {
      throw new DsError('not-found', `no ${kind} key of ${serial} is pending`);
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

  /** Takes a laptop out of use: its keys become invalid, its snapshots stay. False if it was already. */
  retire(serial: Serial): boolean {
    const laptop = this.#known(serial);
    if (laptop.retired !== null) return false;
    this.#write(serial, { ...laptop, retired: this.#options.clock.now().toISOString() });
    this.#decided('retired', serial);
    callAll(this.#keyListeners);
    return true;
  }

  /** Takes it back into use with the keys it had. False if it was in use. */
  unretire(serial: Serial): boolean {
    const laptop = this.#known(serial);
    if (laptop.retired === null) return false;
    this.#write(serial, { ...laptop, retired: null });
    this.#decided('unretired', serial);
    callAll(this.#keyListeners);
    return true;
  }

  /** `newer` replaces `older`. Throws `not-registered` and `bad-input`. */
  alias(newer: Serial, older: Serial): void {
    const laptop = this.#known(newer);
    this.#known(older);
    checkAlias(newer, older, this.#laptops);
    const since = this.#options.clock.now().toISOString();
    this.#write(newer, { ...laptop, alias: { of: older, since } });
    this.#decided('aliased', newer, { of: older });
    callAll(this.#aliasListeners);
  }

  /** Removes the alias of `newer`; returns the laptop it replaced. Throws `not-found`. */
  unalias(newer: Serial): Serial {
    const laptop = this.#known(newer);
    const older = laptop.alias?.of;
    if (!older) throw new DsError('not-found', `${newer} does not replace another laptop`);
    this.#write(newer, { ...laptop, alias: null });
    this.#decided('unaliased', newer, { of: older });
    callAll(this.#aliasListeners);
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

  /** Removes a laptop whose folder forget.ts has removed. */
  forgotten(serial: Serial): void {
    this.#laptops.delete(serial);
    this.#decided('forgotten', serial);
    callAll(this.#keyListeners);
  }

  #offerKey(serial: Serial, laptop: Laptop, offered: OfferedKey): KeyDecision {
    const { kind, line, fingerprint, uuid } = offered;
    const { log, clock, audit } = this.#options;
    if (laptop.retired !== null) {
      throw new DsError('server-refused', 'this laptop is out of use here', {
        hint: `a teacher can take it back into use: "xs-backup unretire ${serial}"`,
      });
    }
    if (kind === 'own') this.#checkOwner(serial, line);
    const verdict = judgeKey(laptop, offered);
    switch (verdict) {
      case 'known':
        return 'accepted';
      case 'rejected':
      case 'already-pending':
        return 'pending';
      case 'accept':
        this.#write(serial, { ...laptop, keys: { ...laptop.keys, [kind]: line } });
        log.info('key-accepted', { serial, kind, fingerprint });
        audit.asked('key-accepted', serial, { kind, fingerprint });
        callAll(this.#keyListeners);
        return 'accepted';
      case 'add-to-pending': {
        const since = clock.now().toISOString();
        const pending = [...laptop.pending, { kind, key: line, uuid: plainUuid(uuid), since }];
        this.#write(serial, { ...laptop, pending: pending.slice(-MAX_PENDING) });
        log.warn('key-waits-for-approval', { serial, kind, fingerprint });
        audit.asked('waiting', serial, { kind, fingerprint });
        return 'pending';
      }
      default:
        return verdict satisfies never;
    }
  }

  /** An agent's key identifies its laptop, so no two laptops may have it. Throws `key-taken`. */
  #checkOwner(serial: Serial, key: string): void {
    for (const [other, { keys }] of this.#laptops) {
      if (other === serial || keys.own !== key) continue;
      // The message does not name the other laptop: anybody may ask.
      throw new DsError('key-taken', 'this key belongs to another laptop', {
        hint: 'reject it; the laptop then generates a new one',
      });
    }
  }

  /** Throws `server-refused` for a laptop whose record is damaged, after another look. */
  #checkReadable(serial: Serial): void {
    if (!this.#unreadable.has(serial)) return;
    this.#read(serial);
    if (!this.#unreadable.has(serial)) return;
    throw new DsError('server-refused', `the registration of ${serial} on this server is damaged`, {
      hint: 'a teacher finds it in "xs-backup status"; nothing that was backed up is lost',
    });
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
      this.#unreadable.delete(serial);
    } catch (error) {
      if (this.#unreadable.has(serial)) return; // logged before
      this.#unreadable.add(serial);
      const reason = asDsError(error).message;
      this.#options.log.warn('registration-unreadable', { serial, reason });
    }
  }

  /** What is decided about a laptop that is known is written on a full disk, too; a newcomer has to wait. */
  #write(serial: Serial, laptop: Laptop): void {
    const { paths } = this.#options;
    const write = () => writeRecord(paths, serial, laptop);
    if (this.#laptops.has(serial)) withReserve(paths, write);
    else write();
    this.#laptops.set(serial, laptop);
  }
}

function callAll(listeners: readonly (() => void)[]): void {
  for (const listener of listeners) listener();
}

function fingerprintOf(key: string): string {
  return parsePublicKey(key).fingerprint;
}
