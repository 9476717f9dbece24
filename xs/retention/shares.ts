/**
 * Which part of the laptops' room each of them may use. Pure.
 *
 * One that a teacher confirmed, or with a history of a quarter of a year, has one full part. Others grow into
 * theirs from the day of their first snapshot, and all of them together never weigh more than a quarter of the
 * full ones: a flood of made-up laptops takes a fifth of a real one's share at most, and nobody's history goes
 * because of them before there was time to notice. In a new school, where nobody has that much history yet, the
 * days of what there is decide.
 */
import type { Serial } from '../../shared/ids.ts';

/** A laptop that is in use and has a snapshot; others take nothing from anybody. */
export interface Sharer {
  serial: Serial;
  /** A teacher or admin stands for its key. */
  confirmed: boolean;
  /** Since its first snapshot, in days. */
  days: number;
}

export interface Shares {
  /** Of an established laptop, 0…1. */
  full: number;
  /** Of any laptop, 0…1; for one without a snapshot, what it begins with. */
  of(serial: Serial): number;
}

/** From then on a laptop has its full part, in days. */
const GROWN_DAYS = 90;
/** What a laptop begins with: the part of one with so many days. */
const FIRST_DAYS = 7;
/** What all that are not established weigh together, as a part of the established ones. */
const GROWING_SHARE = 0.25;

export function shareOut(sharers: readonly Sharer[]): Shares {
  const isFull = ({ confirmed, days }: Sharer) => confirmed || days >= GROWN_DAYS;
  const growing = sharers.filter((one) => !isFull(one));
  const established = sharers.length - growing.length;
  const wanted = growing.reduce((sum, { days }) => sum + grown(days), 0);
  const most = established === 0 ? wanted : GROWING_SHARE * established;
  // The first laptop of all may use everything.
  const part = 1 / (established + Math.min(wanted, most) || grown(0));
  const scale = wanted > most ? most / wanted : 1;
  const days = new Map(growing.map((one) => [one.serial, one.days]));
  const full = new Set(sharers.filter(isFull).map(({ serial }) => serial));
  return {
    full: established === 0 ? 1 / Math.max(1, growing.length) : part,
    of: (serial) => (full.has(serial) ? part : part * scale * grown(days.get(serial) ?? 0)),
  };
}

/** The weight of a laptop that is not established, 0…1. */
function grown(days: number): number {
  return Math.min(1, Math.max(FIRST_DAYS, days) / GROWN_DAYS);
}
