/**
 * Two laptops with one identity, from a copied disk: told apart by the number that each agent has made for
 * itself. A new number alone is a repaired machine. When an earlier one comes back, or a new one builds on
 * an older snapshot than the newest, there are two: only the first may go on, until a teacher decides. Pure.
 */
import type { Serial } from '../../shared/ids.ts';

/** A laptop that gets a serial number of its own when it comes next. */
export interface Moved {
  instance: string;
  serial: Serial;
  uuid: string;
}

export interface Twins {
  version: 1;
  /** The number whose line this is, and the one that came last. */
  owner: string;
  last: string;
  /** Those that came beside them, the newest last. */
  others: string[];
  /** Since when there are two; null for one. */
  since: string | null;
  moved: Moved[];
}

export type Meeting = { type: 'ours' } | { type: 'twin' } | { type: 'moved'; to: Moved };

const MAX_OTHERS = 8;

/** `isBehind`: its last snapshot is older than the newest one here. */
export function meet(
  twins: Twins | undefined,
  instance: string,
  { isBehind, now }: { isBehind: boolean; now: Date },
): { twins: Twins; meeting: Meeting } {
  if (!twins) {
    const first: Twins = {
      version: 1,
      owner: instance,
      last: instance,
      others: [],
      since: null,
      moved: [],
    };
    return { twins: first, meeting: { type: 'ours' } };
  }
  const to = twins.moved.find((one) => one.instance === instance);
  if (to) return { twins, meeting: { type: 'moved', to } };
  const isOwner = instance === twins.owner;
  if (instance === twins.last) return { twins, meeting: whose(twins, isOwner) };
  const isBack = isOwner || twins.others.includes(instance);
  const since = twins.since ?? (isBack || isBehind ? now.toISOString() : null);
  const others = isBack ? twins.others : [...twins.others, instance].slice(-MAX_OTHERS);
  const next = { ...twins, last: instance, others, since };
  return { twins: next, meeting: whose(next, isOwner) };
}

/** Without a question to a teacher, whoever comes is ours. */
function whose({ since }: Twins, isOwner: boolean): Meeting {
  return { type: since === null || isOwner ? 'ours' : 'twin' };
}

/** The second laptop gets this identity when it comes next; the first keeps its own. */
export function separated(twins: Twins, serial: Serial, uuid: string): Twins {
  const { owner, last, others } = twins;
  const second = last === owner ? others.at(-1) : last;
  const moved = second === undefined ? [] : [{ instance: second, serial, uuid }];
  return { ...twins, last: owner, others: [], since: null, moved: [...twins.moved, ...moved] };
}

/** It is one laptop, the one that came last: repaired, or restored from an older copy of itself. */
export function united(twins: Twins): Twins {
  return { ...twins, owner: twins.last, others: [], since: null };
}
