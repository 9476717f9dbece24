/**
 * After a school-wide reflash, every laptop of the original program comes with a new key of Sugar's: which of
 * them may be let in together, without a look at each. Such a key proves nothing, for anybody may have sent
 * it; so it may only back up, and a stranger's reads nothing. Pure.
 */
import type { Laptop, PendingKey } from './laptop-record.ts';

export type OriginalVerdict =
  | { result: 'approved'; key: PendingKey }
  /** Its own program waits as well: the digits that it shows decide. */
  | { result: 'own-waits' }
  /** Two keys wait, and one of them at least is a stranger's. */
  | { result: 'several' }
  /** The key came with another uuid than the laptop has, which a reflash does not change. */
  | { result: 'other-uuid' }
  /** It backed up after that key had come: the key it has still works. */
  | { result: 'still-used' };

/**
 * Null for a laptop without such a question: no key of Sugar's waits, it is out of use, or it has a key of
 * its own. `lastBackup` is an ISO time, undefined for never.
 */
export function judgeOriginal(
  { retired, keys, uuid, pending }: Pick<Laptop, 'retired' | 'keys' | 'uuid' | 'pending'>,
  lastBackup: string | undefined,
): OriginalVerdict | null {
  const [first, second] = pending.filter(({ kind }) => kind === 'sugar');
  if (retired !== null || keys.own !== null || first === undefined) return null;
  if (pending.some(({ kind }) => kind === 'own')) return { result: 'own-waits' };
  if (second !== undefined) return { result: 'several' };
  if (first.uuid !== uuid) return { result: 'other-uuid' };
  const isUsed = keys.sugar !== null && lastBackup !== undefined && lastBackup > first.since;
  return isUsed ? { result: 'still-used' } : { result: 'approved', key: first };
}
