/**
 * The states a laptop is in: what the numbers of the school count, and what lists of laptops are filtered
 * by. Decided here only, so that a number is the number of laptops on the page that it leads to. Pure.
 */

/**
 * `damaged`: its newest backup is there, but not whole. `partly`: that is recent and whole, but not
 * everything of the Journal is in it. `unsure`: it may be recent; only a clock in doubt says so.
 */
export const STANDINGS = ['safe', 'partly', 'unsure', 'late', 'never', 'damaged'] as const;
export type Standing = (typeof STANDINGS)[number];
export type LaptopState = Standing | 'waiting' | 'held' | 'unconfirmed' | 'replaced' | 'retired';

/** A laptop without a backup for longer is late: a school week and a long weekend. */
export const LATE_DAYS = 10;

interface StandingFacts {
  /** The newest backup is not whole. */
  damaged: boolean;
  /** Something of the Journal is not in it. */
  notSafe: boolean;
  /** The days may be more. */
  atLeast: boolean;
}

/** `days` since its last backup, null for never. */
export function standing(
  days: number | null,
  { damaged = false, notSafe = false, atLeast = false }: Partial<StandingFacts> = {},
): Standing {
  if (days === null) return 'never';
  if (damaged) return 'damaged';
  if (days > LATE_DAYS) return 'late';
  if (atLeast) return 'unsure';
  return notSafe ? 'partly' : 'safe';
}

export interface StateFacts {
  retired: boolean;
  /** Another laptop replaces it. */
  replaced: boolean;
  waiting: boolean;
  held: boolean;
  /** It says that something of its Journal is not safe. */
  notSafe: boolean;
  /** Nobody has compared its digits with the server. */
  unconfirmed: boolean;
  standing: Standing;
}

/**
 * All states a laptop is in, the one that it is shown with first: what needs a decision takes
 * precedence over the age of the last backup. A laptop that another one replaces is missed by nobody; what
 * it has stored still matters.
 */
export function statesOf(facts: StateFacts): LaptopState[] {
  const { retired, replaced, waiting, held, notSafe, unconfirmed, standing } = facts;
  const decisions: LaptopState[] = [
    ...(waiting ? ['waiting' as const] : []),
    ...(held ? ['held' as const] : []),
  ];
  if (retired) return ['retired', ...(held ? ['held' as const] : [])];
  if (replaced && standing !== 'safe' && standing !== 'damaged') return [...decisions, 'replaced'];
  return [
    ...[...decisions, standing],
    ...(notSafe && standing !== 'partly' ? (['partly'] as const) : []),
    ...(unconfirmed && !replaced ? (['unconfirmed'] as const) : []),
  ];
}
