/**
 * Aliases ("this new laptop is Jocinta's"): which laptop replaces which, computed from the records. A
 * laptop replaces at most one other and is replaced by at most one; a chain is a child whose laptop broke
 * more than once. An alias gives read access to the backups of all replaced laptops, so whatever is
 * ambiguous counts as no alias. Pure.
 */
import { DAY_MS } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Laptop } from './laptop-record.ts';

export type Laptops = ReadonlyMap<Serial, Pick<Laptop, 'alias'>>;

/** The laptop that replaces this one. Undefined if two claim it, in records edited by hand. */
export function replacedBy(serial: Serial, laptops: Laptops): Serial | undefined {
  if (!laptops.has(serial)) return undefined;
  const claims = [...laptops].filter(([, { alias }]) => alias?.of === serial);
  return claims.length === 1 ? claims[0]?.[0] : undefined;
}

/** `replacedBy` for all laptops at once: the older one → the newer one. */
export function successors(laptops: Laptops): Map<Serial, Serial> {
  const claims = new Map<Serial, Serial | null>();
  for (const [newer, { alias }] of laptops) {
    if (alias) claims.set(alias.of, claims.has(alias.of) ? null : newer);
  }
  const clear = [...claims].filter((claim): claim is [Serial, Serial] => claim[1] !== null);
  return new Map(clear.filter(([older]) => laptops.has(older)));
}

/** The laptops that this one replaces, the most recent first. */
export function chainOf(serial: Serial, laptops: Laptops): Serial[] {
  const chain: Serial[] = [];
  for (let at = serial; ; ) {
    const before = laptops.get(at)?.alias?.of;
    if (!before || before === serial || chain.includes(before)) return chain;
    if (replacedBy(before, laptops) !== at) return chain;
    chain.push(before);
    at = before;
  }
}

/** Throws `bad-input` with the conflict when `newer` cannot replace `older`. */
export function checkAlias(newer: Serial, older: Serial, laptops: Laptops): void {
  if (newer === older) throw conflict(`${newer} cannot replace itself`);
  const already = laptops.get(newer)?.alias?.of;
  if (already) {
    throw conflict(`${newer} already replaces ${already}`, `"xs-backup unalias ${newer}" first`);
  }
  const [other] = [...laptops].find(([, { alias }]) => alias?.of === older) ?? [];
  if (other) {
    throw conflict(
      `${older} is already replaced by ${other}`,
      `"xs-backup unalias ${other}" first`,
    );
  }
  const chain = [older, ...chainOf(older, laptops)];
  if (chain.includes(newer)) {
    throw conflict(
      `${newer} was itself replaced by ${older}, directly or through others: that would be a circle`,
    );
  }
}

/** `checkAlias` for many older laptops at once: whether the newer one could take their place. */
export function possibleOlder(newer: Serial, laptops: Laptops): (older: Serial) => boolean {
  if (laptops.get(newer)?.alias) return () => false;
  const replaced = new Set([...laptops.values()].map(({ alias }) => alias?.of));
  const successor = successors(laptops);
  const chain = new Set<Serial>();
  for (let at: Serial | undefined = newer; at && !chain.has(at); at = successor.get(at)) {
    chain.add(at);
  }
  return (older) => !replaced.has(older) && !chain.has(older);
}

/**
 * The laptop that a request is about: the asking one, or one in its chain. Throws `not-found`, with the
 * same message for another child's laptop as for one that does not exist.
 */
export function readableBy(serial: Serial, of: string | undefined, laptops: Laptops): Serial {
  if (of === undefined || of === serial) return serial;
  const asked = tryParse(parseSerial, of);
  if (asked && chainOf(serial, laptops).includes(asked)) return asked;
  throw new DsError('not-found', 'this laptop does not replace such a laptop', {
    hint: 'a teacher can make an alias: "xs-backup alias NEW OLD" on the school server',
  });
}

export interface Proposal {
  newer: Serial;
  older: Serial;
  nick: string;
  /** When the new one registered, the old one did, and when that was last backed up; ISO 8601. */
  registered: string;
  olderRegistered: string;
  lastSeen: string;
}

const NEW_DAYS = 30;
const ABSENT_DAYS = 7;

/**
 * New laptops whose nick matches exactly one laptop that was not backed up for a week or, where the
 * colours match as well, not since the new one registered. Only a proposal: anybody can choose the
 * nick Jocinta, so a teacher decides.
 */
export function proposeAliases(
  laptops: ReadonlyMap<Serial, Laptop>,
  lastSuccess: ReadonlyMap<string, string | null>,
  now: Date,
): Proposal[] {
  const replaced = new Set([...laptops.values()].map(({ alias }) => alias?.of));
  const age = (iso: string) => now.getTime() - Date.parse(iso);
  const byNick = new Map<string, [Serial, Laptop][]>();
  for (const [serial, laptop] of laptops) {
    const nick = folded(laptop.nick);
    if (lastSuccess.get(serial) && !replaced.has(serial)) {
      byNick.set(nick, [...(byNick.get(nick) ?? []), [serial, laptop]]);
    }
  }
  const isGone = ([serial, older]: [Serial, Laptop], newer: Laptop) => {
    const seen = lastSuccess.get(serial) ?? '';
    if (age(seen) >= ABSENT_DAYS * DAY_MS) return true;
    return older.colors !== null && older.colors === newer.colors && seen < newer.registered;
  };
  return [...laptops].flatMap(([newer, laptop]) => {
    const { nick, registered, alias, retired } = laptop;
    if (alias || retired || replaced.has(newer) || folded(nick) === '') return [];
    if (!(age(registered) <= NEW_DAYS * DAY_MS)) return [];
    const same = (byNick.get(folded(nick)) ?? []).filter(([serial]) => serial !== newer);
    const [older, second] = same.filter((one) => isGone(one, laptop)).map(([serial]) => serial);
    if (!older || second) return [];
    const olderRegistered = laptops.get(older)?.registered ?? '';
    const lastSeen = lastSuccess.get(older) ?? '';
    return [{ newer, older, nick, registered, olderRegistered, lastSeen }];
  });
}

/** The nicks that more than one of these laptops has, each once: whoever is called so is told apart by her serial. */
export function sharedNicks(nicks: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const nick of nicks.map(folded)) counts.set(nick, (counts.get(nick) ?? 0) + 1);
  return [...new Set(nicks)].filter((nick) => nick !== '' && (counts.get(folded(nick)) ?? 0) > 1);
}

function folded(nick: string): string {
  return nick.normalize('NFC').trim().toLowerCase();
}

function conflict(message: string, hint?: string): DsError {
  return new DsError('bad-input', message, hint === undefined ? {} : { hint });
}
