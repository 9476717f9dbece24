/**
 * What happens to a key that a laptop offers: the first key of a laptop that has nothing in the library is
 * accepted if it comes with the registered uuid; any other key has to be approved by a teacher. Pure.
 */

import type { Codes } from '../../shared/protocol/introduction.ts';
import type { KeyKind, Laptop } from './laptop-record.ts';
import { plainUuid } from './laptop-record.ts';

export type KeyDecision = 'accepted' | 'pending';

export type KeyVerdict =
  /** It is the accepted key already. */
  | 'known'
  | 'accept'
  /** A teacher rejected it: it stays pending for the laptop, and is not offered to a teacher again. */
  | 'rejected'
  /** Sugar's key, where the laptop has its own: nobody needs it, so nobody is asked about it. */
  | 'unneeded'
  | 'already-pending'
  | 'add-to-pending';

export interface OfferedKey {
  kind: KeyKind;
  /** As it is stored: type and base64. */
  line: string;
  fingerprint: string;
  /** As the laptop sent it. */
  uuid: string;
}

/** A key of our agent, whose holder has signed the introduction with these codes. */
export interface OwnKeyOffer {
  uuid: string;
  key: string;
  codes: Codes;
  /** The client's. */
  address: string;
  color?: string | undefined;
}

/** Who offers a key: `codes` are null for Sugar's keys, which prove nothing. */
export interface OfferedBy {
  codes: Codes | null;
  address: string;
}

/** `holdsData`: something of this serial is in the library, which the key would open. */
export function judgeKey(
  laptop: Pick<Laptop, 'keys' | 'uuid' | 'rejected' | 'pending'>,
  { kind, line, fingerprint, uuid }: OfferedKey,
  holdsData: boolean,
): KeyVerdict {
  if (laptop.keys[kind] === line) return 'known';
  if (laptop.rejected.includes(fingerprint)) return 'rejected';
  const isFirst = laptop.keys[kind] === null && laptop.uuid === plainUuid(uuid);
  if (isFirst && !holdsData) return 'accept';
  if (kind === 'sugar' && laptop.keys.own !== null) return 'unneeded';
  const isPending = laptop.pending.some((one) => one.kind === kind && one.key === line);
  return isPending ? 'already-pending' : 'add-to-pending';
}
