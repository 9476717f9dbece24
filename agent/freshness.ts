/**
 * How recent a change of an entry may be: time stamps cannot tell two changes apart that are close
 * together, and Sugar writes an entry piece by piece. Tests give other values instead of waiting.
 */
export interface Freshness {
  /**
   * How much older than the moment of reading the last change must be, in nanoseconds, so that another
   * change afterwards cannot carry the same times: file systems on memory cards tick in seconds.
   */
  racyNs: bigint;
  /**
   * How long an entry must have been left alone, in milliseconds: the datastore writes one property
   * after the other and then the content, so that an entry may be half of a change while it is read.
   */
  settledMs: number;
}

export const FRESHNESS: Freshness = { racyNs: 2_000_000_000n, settledMs: 1000 };
