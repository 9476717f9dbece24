/**
 * The keys of a laptop that wait for a teacher: which one the typed digits name, and whether there is room
 * for another one. A pending key that is alone at its address is never pushed out. Pure.
 */
import { DsError } from '../../shared/errors.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import type { KeyKind, Laptop, PendingKey } from './laptop-record.ts';

/** Of each kind, so that Sugar's keys take no room from our agents'. */
const MAX_PENDING = 8;
/** Of each kind from one address: one stranger alone does not use up the room. */
const MAX_PER_ADDRESS = 2;

/**
 * The laptop with this key pending. Where the room is full, the newest key of an address that has two makes place
 * for one of an address that has none: so a key that is alone at its address is never pushed out, and whoever wants
 * all places needs as many addresses. Throws `server-refused` where there is no place.
 */
export function withPending(laptop: Laptop, added: PendingKey): Laptop {
  const { pending } = laptop;
  // In its place: to be introduced again makes nobody newer.
  if (pending.some((one) => isSame(one, added))) {
    return { ...laptop, pending: pending.map((one) => (isSame(one, added) ? added : one)) };
  }
  const ofKind = pending.filter(({ kind }) => kind === added.kind);
  const from = (address: string | null) =>
    address === null ? 0 : ofKind.filter((one) => one.from === address).length;
  const here = from(added.from);
  if (here >= MAX_PER_ADDRESS) throw tooMany();
  if (ofKind.length < MAX_PENDING) return { ...laptop, pending: [...pending, added] };
  const newest = ofKind.findLast((one) => from(one.from) >= MAX_PER_ADDRESS);
  if (here > 0 || !newest) throw tooMany();
  return { ...laptop, pending: [...pending.filter((one) => one !== newest), added] };
}

function tooMany(): DsError {
  return new DsError('server-refused', 'too many keys of this laptop wait for a teacher already', {
    hint: 'ask a teacher to reject those that nobody shows on a laptop',
  });
}

/**
 * What the typed digits name: a pending key, or the accepted one, which nobody has confirmed yet. Throws
 * `not-found` where none has them, and `bad-input` where two have.
 */
export function keyWithCode(laptop: Laptop, code: string): PendingKey | 'accepted' {
  const found: (PendingKey | 'accepted')[] = laptop.pending.filter((one) => one.code === code);
  if (laptop.introduction?.code === code) found.push('accepted');
  const [only] = found;
  if (found.length > 1) {
    throw new DsError(
      'bad-input',
      `two keys of ${laptop.serial} have the code ${code}: none was let in`,
      {
        hint: 'the laptop shows new digits when it connects next; type those',
      },
    );
  }
  if (only) return only;
  throw new DsError('not-found', `no key of ${laptop.serial} has the code ${code}`, {
    hint:
      'type what the laptop shows now. If it shows these digits, somebody stands between it and this ' +
      'server: approve nothing, and find out who',
  });
}

/** Without the waiting keys that have these digits: their laptops are introduced anew, and show others. */
export function withoutCode(laptop: Laptop, code: string): Laptop {
  return { ...laptop, pending: laptop.pending.filter((one) => one.code !== code) };
}

/** The waiting key with this code or fingerprint. Throws `not-found` and, where two have it, `bad-input`. */
export function pendingKey(laptop: Laptop, which: string, kind?: KeyKind): PendingKey {
  const found = laptop.pending.filter((one) => {
    const isNamed = fingerprintOf(one.key) === which || (one.code !== null && one.code === which);
    return isNamed && (kind === undefined || one.kind === kind);
  });
  const [only] = found;
  if (!only) throw new DsError('not-found', `no such key of ${laptop.serial} is pending`);
  if (found.length === 1) return only;
  throw new DsError('bad-input', `two pending keys are called ${which}`, {
    hint: 'give the fingerprint of one, and --kind: "xs-backup laptops --json" lists them',
  });
}

export function isSame(a: PendingKey, b: PendingKey): boolean {
  return a.kind === b.kind && a.key === b.key;
}

export function fingerprintOf(key: string): string {
  return parsePublicKey(key).fingerprint;
}
