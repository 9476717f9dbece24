/**
 * The registered laptops. The truth is one `registration.json` in each laptop's folder; this class
 * holds them in memory. Every change is on disk before it is answered; decisions are in the audit log.
 *
 * There are two kinds of key: *sugar* is the one that Sugar's "Register" menu sends (the original
 * client's), *own* is the ed25519 key of our agent. `key-offers.ts` accepts one or asks a teacher.
 */
import { rmSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { Overtaken, type Writing, writeAside, writeNow } from '../../shared/system/writing.ts';
import { withdrawThose } from '../class-page/offer-file.ts';
import { makeLaptopFolders, makeLaptopFoldersAside, type Ownership } from '../storage/ownership.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { checkAlias } from './aliases.ts';
import { Approvals } from './approvals.ts';
import type { Audit, AuditDetails, AuditEvent } from './audit.ts';
import { hasBackup } from './has-backup.ts';
import { type ImportResult, judgeOldKey, type OldLaptop, withOldKey } from './idmgr-import.ts';
import type { KeyDecision, OwnKeyOffer } from './key-decision.ts';
import { KeyOffers } from './key-offers.ts';
import { checkInUse, type Laptop, LaptopRecords, newRecord } from './laptop-record.ts';
import type { Newcomers } from './newcomers.ts';

export interface RegistrationOptions {
  paths: Paths;
  ownership: Ownership;
  clock: Clock;
  log: Log;
  newcomers: Newcomers;
  audit: Audit;
}

/** `address` is the client's. */
type RegisterRequest = [
  serial: Serial,
  nick: string,
  uuid: string,
  pubkey: string,
  address?: string,
];

export class Registrations {
  /** What teachers and admins decide about keys. */
  readonly approvals: Approvals;
  readonly #records: LaptopRecords;
  /** Laptops known to have a backup: they never count as unused again. */
  readonly #used = new Set<Serial>();
  readonly #options: RegistrationOptions;
  readonly #offers: KeyOffers;
  readonly #keyListeners: (() => void)[] = [];
  readonly #ownerListeners: ((serial: Serial) => void)[] = [];
  readonly #aliasListeners: (() => void)[] = [];

  /** Reads all records. A damaged one is logged, and its laptop stays unregistered. */
  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#records = new LaptopRecords(options.paths, options.log);
    const records = {
      known: (serial: Serial) => this.#records.known(serial),
      write: (serial: Serial, laptop: Laptop) => this.#records.writing(serial, laptop).now(),
      writing: (serial: Serial, laptop: Laptop) => this.#records.writing(serial, laptop),
      checkOwner: (serial: Serial, key: string) => this.#checkOwner(serial, key),
      keysChanged: () => callAll(this.#keyListeners),
    };
    this.#offers = new KeyOffers(options, {
      ...records,
      holdsData: (serial) => hasBackup(options.paths, serial),
    });
    this.approvals = new Approvals(options.clock, {
      ...records,
      decided: (event, serial, details) => this.#decided(event, serial, details),
      ownerLeaves: (serial) => this.#ownerLeaves(serial),
      ownerChanged: (serial) => this.#ownerChanged(serial),
      endQuietDays: (serial) => {
        rmSync(inLaptop(options.paths, serial).quietKey, { force: true });
      },
    });
  }

  /** Calls `listener` after each change of an accepted key, or of which laptops are in use. */
  whenKeysChange(listener: () => void): void {
    this.#keyListeners.push(listener);
  }

  /**
   * Calls `listener` after another own key took the place of a laptop's, or after it turned out to be two: whoever
   * uses it may be somebody else than before, and what opened it until then is worth nothing.
   */
  whenOwnerChanges(listener: (serial: Serial) => void): void {
    this.#ownerListeners.push(listener);
  }

  /** Calls `listener` after each change of an alias. */
  whenAliasesChange(listener: () => void): void {
    this.#aliasListeners.push(listener);
  }

  get(serial: Serial): Laptop | undefined {
    return this.#records.laptops.get(serial);
  }

  /** The nick of its child; empty for a laptop that nobody knows. For text that may be no serial at all, too. */
  nickOf(serial: string): string {
    return this.#records.laptops.get(serial as Serial)?.nick ?? '';
  }

  /** What people call it: its nick, or the serial number of a laptop without one. */
  nameOf(serial: Serial): string {
    return this.#records.laptops.get(serial)?.nick || serial;
  }

  all(): readonly [Serial, Laptop][] {
    return [...this.#records.laptops];
  }

  /** Laptops whose record cannot be read: they can neither back up nor restore. */
  unreadable(): readonly Serial[] {
    return this.#records.unreadable();
  }

  /** Resolves when what is known of it is durable. */
  settled(serial: Serial): Promise<void> {
    return this.#records.settled(serial);
  }

  /** All laptops, for the pure functions of aliases.ts. */
  bySerial(): ReadonlyMap<Serial, Laptop> {
    return this.#records.laptops;
  }

  /** Registered and not retired: its keys are valid. */
  isActive(serial: Serial): boolean {
    return this.#records.laptops.get(serial)?.retired === null;
  }

  /** Whether a teacher or admin stands for its key. */
  isConfirmed(serial: Serial): boolean {
    return Boolean(this.#records.laptops.get(serial)?.introduction?.confirmed);
  }

  /**
   * Registers a laptop, or offers another key of a known one: the request of Sugar's menu. `address` is
   * the client's. Throws `bad-input` for an invalid key, `server-refused` when it may not register.
   */
  register(...request: RegisterRequest): KeyDecision {
    return writeNow(this.#register(...request));
  }

  /** The same in a thread, for who has others to answer meanwhile. */
  registerAside(...request: RegisterRequest): Promise<KeyDecision> {
    return writeAside(() => this.#register(...request));
  }

  *#register(
    ...[serial, nick, uuid, pubkey, address = 'unknown']: RegisterRequest
  ): Writing<KeyDecision> {
    const key = parsePublicKey(pubkey);
    const known = this.#records.laptops.get(serial);
    const offered = { ...key, kind: 'sugar', uuid } as const;
    const by = { codes: null, address };
    if (known) return yield* this.#offers.offer(serial, offered, by);
    const { paths, ownership, clock, log, newcomers, audit } = this.#options;
    this.#records.checkReadable(serial);
    const healed = this.#records.laptops.get(serial);
    if (healed) return yield* this.#offers.offer(serial, offered, by);
    newcomers.check(address, this.#records.laptops.size, () => this.unused().length);
    // An old library, or a record that was removed: what is there belongs to whom a teacher says.
    const holdsData = hasBackup(paths, serial);
    const laptop = newRecord(serial, nick, uuid, clock.now());
    yield {
      now: () => makeLaptopFolders(ownership, paths, serial),
      aside: () => makeLaptopFoldersAside(ownership, paths, serial),
    };
    if (this.#records.laptops.has(serial)) throw new Overtaken();
    const sugar = holdsData ? null : key.line;
    yield this.#records.writing(serial, { ...laptop, keys: { ...laptop.keys, sugar } });
    newcomers.count(address);
    log.info('laptop-registered', { serial, nick: laptop.nick, address });
    const { fingerprint } = key;
    yield audit.admitting('registered', serial, { nick: laptop.nick, address, fingerprint });
    callAll(this.#keyListeners);
    if (!holdsData) return 'accepted';
    return yield* this.#offers.offer(serial, offered, by);
  }

  /**
   * Offers the key of our agent. Throws `not-registered`, `server-refused`, `bad-input`, or `key-taken`
   * for the key of another laptop, for example after a home folder was copied.
   */
  enrol(serial: Serial, offer: OwnKeyOffer): KeyDecision {
    return writeNow(this.#enrol(serial, offer));
  }

  /** The same in a thread. */
  enrolAside(serial: Serial, offer: OwnKeyOffer): Promise<KeyDecision> {
    return writeAside(() => this.#enrol(serial, offer));
  }

  *#enrol(serial: Serial, offer: OwnKeyOffer): Writing<KeyDecision> {
    const { uuid, key, codes, address, color } = offer;
    const parsed = parsePublicKey(key);
    if (parsed.type !== 'ssh-ed25519') throw new DsError('bad-input', 'the key must be ed25519');
    const offered = { ...parsed, kind: 'own', uuid } as const;
    const decision = yield* this.#offers.offer(serial, offered, { codes, address });
    // Only an accepted key may set the colours shown beside the child's name.
    const laptop = this.#records.known(serial);
    if (decision === 'accepted' && color !== undefined && laptop.colors !== color) {
      yield this.#records.writing(serial, { ...laptop, colors: color });
    }
    return decision;
  }

  /** Takes a laptop over from the old server; its key is valid after announceKeys(). */
  takeOver(old: OldLaptop, dryRun = false): ImportResult {
    const { paths, ownership, clock } = this.#options;
    const { serial, nick, fingerprint } = old;
    this.#records.checkReadable(serial);
    const known = this.#records.laptops.get(serial);
    const verdict = known ? judgeOldKey(known, old) : 'accept';
    if (verdict !== 'accept' || dryRun) return verdict === 'accept' ? 'imported' : verdict;
    if (!known) makeLaptopFolders(ownership, paths, serial);
    this.#records.writing(serial, withOldKey(known, old, clock.now())).now();
    this.#decided('imported', serial, { nick, fingerprint });
    return 'imported';
  }
  readonly announceKeys = (): void => callAll(this.#keyListeners);

  /** Throws `not-registered`, and `server-refused` for a retired laptop. */
  checkActive(serial: Serial): void {
    checkInUse(this.#records.known(serial));
  }

  /** What became of an agent's key; changes nothing. Throws `not-registered` and `server-refused`. */
  standing(serial: Serial, key: string): KeyDecision | 'unknown' {
    const laptop = this.#records.known(serial);
    checkInUse(laptop);
    const { line, fingerprint } = parsePublicKey(key);
    if (laptop.keys.own === line) return 'accepted';
    const waits = laptop.pending.some((one) => one.kind === 'own' && one.key === line);
    return waits || laptop.rejected.includes(fingerprint) ? 'pending' : 'unknown';
  }

  /** Takes a laptop out of use: its keys become invalid, its snapshots stay. False if it was already. */
  retire(serial: Serial): boolean {
    const laptop = this.#records.known(serial);
    if (laptop.retired !== null) return false;
    this.#ownerLeaves(serial);
    this.#records
      .writing(serial, { ...laptop, retired: this.#options.clock.now().toISOString() })
      .now();
    this.#decided('retired', serial);
    callAll(this.#keyListeners);
    return true;
  }

  /** Takes it back into use with the keys it had. False if it was in use. */
  unretire(serial: Serial): boolean {
    const laptop = this.#records.known(serial);
    if (laptop.retired === null) return false;
    this.#records.writing(serial, { ...laptop, retired: null }).now();
    this.#decided('unretired', serial);
    callAll(this.#keyListeners);
    return true;
  }

  /** `newer` replaces `older`. Throws `not-registered` and `bad-input`. */
  alias(newer: Serial, older: Serial): void {
    const laptop = this.#records.known(newer);
    this.#records.known(older);
    checkAlias(newer, older, this.#records.laptops);
    const since = this.#options.clock.now().toISOString();
    this.#records.writing(newer, { ...laptop, alias: { of: older, since } }).now();
    this.#decided('aliased', newer, { of: older });
    callAll(this.#aliasListeners);
  }

  /** Removes the alias of `newer`; returns the laptop it replaced. Throws `not-found`. */
  unalias(newer: Serial): Serial {
    const laptop = this.#records.known(newer);
    const older = laptop.alias?.of;
    if (!older) throw new DsError('not-found', `${newer} does not replace another laptop`);
    this.#records.writing(newer, { ...laptop, alias: null }).now();
    this.#decided('unaliased', newer, { of: older });
    callAll(this.#aliasListeners);
    return older;
  }

  /** Registers a second laptop that has answered to the name of `of` so far; its agent is told. */
  addTwin(of: Serial, serial: Serial, uuid: string): void {
    const { paths, ownership, clock } = this.#options;
    const { nick } = this.#records.known(of);
    this.#ownerLeaves(of);
    makeLaptopFolders(ownership, paths, serial);
    this.#records.writing(serial, newRecord(serial, nick, uuid, clock.now())).now();
    this.#decided('separated', of, { serial });
    callAll(this.#keyListeners);
    this.#ownerChanged(of);
  }

  /** Registered and without any backup. */
  unused(): [Serial, Laptop][] {
    return [...this.#records.laptops].filter(([serial]) => {
      if (this.#used.has(serial)) return false;
      if (hasBackup(this.#options.paths, serial)) this.#used.add(serial);
      return !this.#used.has(serial);
    });
  }

  /** forget.ts has removed its folder. */
  forgotten(serial: Serial): void {
    this.#records.forget(serial);
    this.#decided('forgotten', serial);
    this.#records.read(serial);
    callAll([...this.#keyListeners, ...this.#aliasListeners]);
  }

  /** Its folder is back from the trash, with its record. */
  cameBack(serial: Serial): void {
    this.#records.read(serial);
    callAll([...this.#keyListeners, ...this.#aliasListeners]);
  }

  /** No yes of a teacher goes on for another one. Before the change is written: nothing is shown that is over. */
  #ownerLeaves(serial: Serial): void {
    withdrawThose(this.#options.paths, serial, () => true);
  }

  #ownerChanged(serial: Serial): void {
    for (const listener of this.#ownerListeners) listener(serial);
  }

  /** An agent's key identifies its laptop, so no two laptops may have it. Throws `key-taken`. */
  #checkOwner(serial: Serial, key: string): void {
    for (const [other, { keys }] of this.#records.laptops) {
      if (other === serial || keys.own !== key) continue;
      // The message does not name the other laptop: anybody may ask.
      throw new DsError('key-taken', 'this key belongs to another laptop', {
        hint: 'reject it; the laptop then generates a new one',
      });
    }
  }

  #decided(event: AuditEvent, serial: Serial, details: AuditDetails = {}): void {
    this.#options.log.info(`laptop-${event}`, { serial, ...details });
    this.#options.audit.decided(event, serial, details);
  }
}

function callAll(listeners: readonly (() => void)[]): void {
  for (const listener of listeners) listener();
}
