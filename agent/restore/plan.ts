/**
 * What a restore has to do, from what is wanted and what the Journal has: pure, so that it can be shown
 * before anything happens.
 */
import { DsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import type { Versions } from '../../shared/journal/sums.ts';
import { FULL_HINT } from '../context.ts';
import { derivedUid } from '../journal/entry-name.ts';

export interface Step {
  uid: Uid;
  /** The version wanted. */
  digest: Digest;
  /** Of its files, in bytes. */
  bytes: number;
  /** `compare`: the Journal has something else under its name, which stays, or an earlier copy of it. */
  action: 'bring' | 'compare';
}

export interface Plan {
  steps: Step[];
  alreadyHere: Uid[];
  bytes: number;
}

export interface PlanInput {
  wanted: Versions;
  /** Entries of the Journal; undefined for one that cannot be read. */
  local: ReadonlyMap<Uid, Digest | undefined>;
  /** What an unfinished restore of this snapshot has written; what was changed since then stays. */
  restored: Versions;
  /** Versions of entries that are here without their content, which was dropped on purpose. */
  kept: ReadonlyMap<Uid, Digest>;
  /** Bytes of each wanted entry, as far as known. */
  sizes: ReadonlyMap<Uid, number>;
  /** Whether an earlier copy counts as whole without reading it. Only for showing a plan. */
  trustCopies?: boolean;
}

/** Room to leave on a laptop for other programs, in bytes. */
const RESERVE_BYTES = 1024 * 1024;
/** A batch has at most so many bytes, and at most a FREE_PART-th of the free space. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const MAX_BATCH_ENTRIES = 200;
const FIRST_BATCH_ENTRIES = 25;
const FREE_PART = 4;

export function planRestore(input: PlanInput): Plan {
  const { wanted, local, restored, kept, sizes, trustCopies = false } = input;
  const plan: Plan = { steps: [], alreadyHere: [], bytes: 0 };
  for (const [uid, digest] of wanted) {
    const here = local.has(uid);
    const done =
      (here && (local.get(uid) === digest || kept.get(uid) === digest)) ||
      (local.get(uid) !== undefined && restored.get(uid) === digest) ||
      (trustCopies && local.has(besideUid(uid, digest)));
    if (done) {
      plan.alreadyHere.push(uid);
      continue;
    }
    const bytes = sizes.get(uid) ?? 0;
    const hasCopy = local.has(besideUid(uid, digest));
    plan.steps.push({ uid, digest, bytes, action: here || hasCopy ? 'compare' : 'bring' });
    plan.bytes += bytes;
  }
  return plan;
}

/**
 * The name of a version's copy beside the entry that the Journal has: always the same for the same version,
 * so that a repeated restore finds it. In the form of a UUID of version 5.
 */
export function besideUid(uid: Uid, digest: Digest): Uid {
  return derivedUid('beside', uid, digest);
}

/**
 * How many of the next steps are in the batch of this number (from 1), with this many bytes free: few at
 * first, so that a child soon sees some. Throws `laptop-full` when not even the next entry fits.
 */
export function nextBatch(
  steps: readonly Step[],
  from: number,
  number: number,
  freeBytes: number,
): number {
  const room = Math.max(0, freeBytes - RESERVE_BYTES);
  const limit = Math.min(MAX_BATCH_BYTES, room / FREE_PART);
  const most = Math.min(MAX_BATCH_ENTRIES, FIRST_BATCH_ENTRIES * 2 ** Math.min(number - 1, 10));
  let count = 0;
  let bytes = 0;
  for (const step of steps.slice(from, from + most)) {
    bytes += step.bytes;
    if (bytes > limit) break;
    count += 1;
  }
  const next = steps[from];
  if (count > 0 || !next) return count;
  if (next.bytes <= room) return 1;
  throw new DsError('laptop-full', `the next entry needs ${next.bytes} bytes, ${room} are free`, {
    hint: FULL_HINT,
  });
}
