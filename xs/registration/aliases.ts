/**
 * "This new laptop is Jocinta's" (X10): which laptop took the place of which, worked out from what
 * stands in the records. A laptop replaces at most one and is replaced by at most one; a chain of
 * several is a child whose laptop broke more than once. Whoever replaces may read what the replaced
 * ones left, so anything doubtful means no.
 */
import { DsError } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Laptop } from './laptop-record.ts';

export type Laptops = ReadonlyMap<Serial, Pick<Laptop, 'alias'>>;

/** The laptop that took this one's place. Two that both claim it (by hand) are nobody. */
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

/** The laptops whose place this one took: the last one first, then the one before that … */
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

/** Throws `bad-input` naming what is in the way when `newer` cannot take the place of `older`. */
export function checkAlias(newer: Serial, older: Serial, laptops: Laptops): void {
  if (newer === older) throw conflict(`${newer} cannot take its own place`);
  const already = laptops.get(newer)?.alias?.of;
  if (already) {
    throw conflict(`${newer} replaces ${already} already`, `"xs-backup unalias ${newer}" first`);
  }
  const [other] = [...laptops].find(([, { alias }]) => alias?.of === older) ?? [];
  if (other) {
    throw conflict(
      `${older} is replaced by ${other} already`,
      `"xs-backup unalias ${other}" first`,
    );
  }
  const chain = [older, ...chainOf(older, laptops)];
  if (chain.includes(newer)) {
    throw conflict(
      `${newer} was itself replaced, in the end by ${older}: they would go in a circle`,
    );
  }
}

/**
 * The laptop that one asks about: itself, or one in its chain. Throws `not-found`, the same for a
 * stranger's laptop as for one that does not exist.
 */
export function readableBy(serial: Serial, of: string | undefined, laptops: Laptops): Serial {
  if (of === undefined || of === serial) return serial;
  const asked = tryParse(parseSerial, of);
  if (asked && chainOf(serial, laptops).includes(asked)) return asked;
  throw new DsError('not-found', 'this laptop does not stand in for such a laptop', {
    hint: 'a teacher can say so: "xs-backup alias NEW OLD" on the school server',
  });
}

export interface Proposal {
  newer: Serial;
  older: Serial;
  nick: string;
  /** When the new one registered, and the old one's Journal was last safe; ISO 8601. */
  registered: string;
  lastSeen: string;
}

const DAY_MS = 86_400_000;
const NEW_DAYS = 30;
const ABSENT_DAYS = 7;

/**
 * New laptops whose child's nick is that of exactly one laptop that has not been seen for a week.
 * Only a proposal: anybody can call herself Jocinta, so a teacher decides.
 */
export function proposeAliases(
  laptops: ReadonlyMap<Serial, Laptop>,
  lastSuccess: ReadonlyMap<string, string | null>,
  now: Date,
): Proposal[] {
  const replaced = new Set([...laptops.values()].map(({ alias }) => alias?.of));
  const age = (iso: string) => now.getTime() - Date.parse(iso);
  const absent = new Map<string, Serial[]>();
  for (const [serial, { nick }] of laptops) {
    const seen = lastSuccess.get(serial);
    if (!seen || age(seen) < ABSENT_DAYS * DAY_MS || replaced.has(serial)) continue;
    absent.set(folded(nick), [...(absent.get(folded(nick)) ?? []), serial]);
  }
  return [...laptops].flatMap(([newer, { nick, registered, alias, retired }]) => {
    if (alias || retired || replaced.has(newer) || folded(nick) === '') return [];
    if (!(age(registered) <= NEW_DAYS * DAY_MS)) return [];
    const [older, second] = (absent.get(folded(nick)) ?? []).filter((one) => one !== newer);
    if (!older || second) return [];
    return [{ newer, older, nick, registered, lastSeen: lastSuccess.get(older) ?? '' }];
  });
}

function folded(nick: string): string {
  return nick.normalize('NFC').trim().toLowerCase();
}

function conflict(message: string, hint?: string): DsError {
  return new DsError('bad-input', message, hint === undefined ? {} : { hint });
}
