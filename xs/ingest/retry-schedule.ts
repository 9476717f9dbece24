/**
 * When a failed ingest is tried again. A laptop that is still sending is the ordinary case and is
 * asked about every two seconds. Anything else reads and hashes all that arrived once more, so a
 * fault that stays (a `sync` that fails, a full disk) is tried at longer and longer intervals.
 */
import type { ErrorCode } from '../../shared/errors.ts';

/** While a transfer still runs, in milliseconds. */
const BUSY_MS = 2000;
/** After the first failure of another kind; doubled by each one that follows, in milliseconds. */
const FIRST_MS = 4000;
const LONGEST_MS = 30 * 60_000;

/** Milliseconds to wait after the n-th failure in a row (from 1 on) with this code. */
export function retryDelayMs(code: ErrorCode, failures: number): number {
  if (code === 'busy') return BUSY_MS;
  return Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
}
