/**
 * What happens to a key that a laptop offers: the first key of each kind is accepted if the uuid is the
 * registered one; any other key has to be approved by a teacher. Pure.
 */

import type { KeyKind, Laptop } from './laptop-record.ts';
import { plainUuid } from './laptop-record.ts';

export type KeyDecision = 'accepted' | 'pending';

export type KeyVerdict =
  /** It is the accepted key already. */
  | 'known'
  | 'accept'
  /** A teacher rejected it: it stays pending for the laptop, and is not offered to a teacher again. */
  | 'rejected'
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

export function judgeKey(
  laptop: Pick<Laptop, 'keys' | 'uuid' | 'rejected' | 'pending'>,
  { kind, line, fingerprint, uuid }: OfferedKey,
): KeyVerdict {
  if (laptop.keys[kind] === line) return 'known';
  if (laptop.rejected.includes(fingerprint)) return 'rejected';
  if (laptop.keys[kind] === null && laptop.uuid === plainUuid(uuid)) return 'accept';
  const isPending = laptop.pending.some((one) => one.kind === kind && one.key === line);
  return isPending ? 'already-pending' : 'add-to-pending';
}
