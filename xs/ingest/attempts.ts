/**
 * How often the ingest of a claim was begun without coming to an end, also across restarts: what makes
 * the service fail, or never end, must not be taken first again for ever. Not fsynced: after a power cut
 * a claim may get some attempts more. A disk that is too full for these few bytes stops nothing.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { parseRunId, type RunId, type Serial, tryParse } from '../../shared/ids.ts';
import { inCompletion, type Paths } from '../storage/paths.ts';

/** After so many attempts a claim is given up; the laptop's next backup is another one. */
export const MAX_ATTEMPTS = 10;

const schema = v.object({
  attempts: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  run: v.optional(v.string()),
  reason: v.optional(v.string()),
});

export interface Attempts {
  attempts: number;
  /** The run of the claim, if it could be read. */
  run?: RunId | undefined;
  /** Why the last attempt failed; absent when the service ended with it. */
  reason?: string | undefined;
}

/** None if there is no readable note. */
export function readAttempts(paths: Paths, serial: Serial): Attempts {
  try {
    const text = readFileSync(inCompletion(paths).attempts(serial), 'utf8');
    const { attempts, run, reason } = v.parse(schema, JSON.parse(text));
    return { attempts, run: tryParse(parseRunId, run), reason };
  } catch {
    return { attempts: 0 };
  }
}

export function writeAttempts(paths: Paths, serial: Serial, note: Attempts): void {
  try {
    writeFileSync(inCompletion(paths).attempts(serial), JSON.stringify(note), { mode: 0o600 });
  } catch {
    // a full disk
  }
}

export function forgetAttempts(paths: Paths, serial: Serial): void {
  rmSync(inCompletion(paths).attempts(serial), { force: true });
}
