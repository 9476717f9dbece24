/**
 * A file that was written a moment ago may be written again within the same tick of its date, so that a
 * backup looks at it anew, or leaves it for later. Tests that need a Journal at rest wait for that time.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** In which dates tell nothing, in milliseconds. */
const FRESH_MS = 2100;

/** Until what was written before is old news to a backup. */
export async function settled(): Promise<void> {
  await sleep(FRESH_MS);
}
