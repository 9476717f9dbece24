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
  /** Whose serial it had; what it sent under that one still has to follow it. */
  from?: Serial | undefined;
}

/** `settle`: snapshots may stand where they do not belong. */
export type Meeting =
  | { type: 'ours'; settle: boolean }
  | { type: 'twin' }
  | { type: 'moved'; to: Moved };

const MAX_OTHERS = 8;

/** The first to come, of one laptop; `from` is the serial that it had. */
export function firstOf(instance: string, from?: Serial): Twins {
  const alone = { others: [], since: null, moved: [] };
  return { version: 1, owner: instance, last: instance, ...alone, ...(from && { from }) };
}

/** `isBehind`: its last snapshot is older than the newest one here. */
export function meet(
  twins: Twins | undefined,
  instance: string,
  { isBehind, now }: { isBehind: boolean; now: Date },
): { twins: Twins; meeting: Meeting } {
  if (!twins) return { twins: firstOf(instance), meeting: { type: 'ours', settle: false } };
  const to = twins.moved.find((one) => one.instance === instance);
  if (to) return { twins, meeting: { type: 'moved', to } };
  if (instance === twins.last) return { twins, meeting: whose(twins) };
  const inOrder = [twins.owner, ...twins.others];
  const place = inOrder.indexOf(instance);
  const isKnown = place >= 0;
  const since = twins.since ?? (isKnown || isBehind ? now.toISOString() : null);
  const next = { ...twins, last: instance, since };
  if (!isKnown) next.others = [...twins.others, instance].slice(-MAX_OTHERS);
  else if (twins.since === null) {
    // The first of two is who is back. Those before it were the same laptop, before a repair.
    next.owner = instance;
    next.others = inOrder.slice(place + 1);
  }
  return { twins: next, meeting: whose(next) };
}

/** Without a question to a teacher, whoever comes is ours. */
function whose({ since, owner, last, from }: Twins): Meeting {
  if (since !== null && last !== owner) return { type: 'twin' };
  return { type: 'ours', settle: since !== null || from !== undefined };
}

/** The second laptop gets this identity when it comes next; the first keeps its own. */
export function separated(twins: Twins, serial: Serial, uuid: string): Twins {
  const second = secondOf(twins);
  const moved = second === undefined ? [] : [{ instance: second, serial, uuid }];
  const others = twins.others.filter((one) => one !== second);
  const since = others.length > 0 ? twins.since : null;
  return { ...twins, last: twins.owner, others, since, moved: [...twins.moved, ...moved] };
}

/** The one of two that gets a name of its own: not the first, and the last that came. */
export function secondOf({ owner, last, others }: Twins): string | undefined {
  return last === owner ? others.at(-1) : last;
}

/** It is one laptop, the one that came last: repaired, or restored from an older copy of itself. */
export function united(twins: Twins): Twins {
  return { ...twins, owner: twins.last, others: [], since: null };
}
