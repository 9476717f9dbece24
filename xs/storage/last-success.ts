/**
 * When each laptop's Journal was last known to be safe. This is the only place that writes it:
 * `last-success.json` in the laptop's folder is the truth, the index has a copy for overviews, and
 * memory has one for the queue, which must be answered without touching the disk.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inLaptop, type Paths } from './paths.ts';

export interface LastSuccesses {
  /** Milliseconds since 1970 by the server's clock; undefined for never. From memory. */
  timeOf(serial: Serial): number | undefined;
  /**
   * The Journal is safe as of `now`, in the state of this snapshot. Durable when the call returns;
   * the promise resolves when the index has it too, or when its failure was logged.
   */
  note(snapshot: Pick<Manifest, 'serial' | 'sequence' | 'state'>, now: Date): Promise<void>;
}

/** What is needed of the index. */
export interface SuccessIndex {
  overview(): Promise<readonly { serial: string; lastSuccess: string | null }[]>;
  recordSuccess(serial: Serial, time: Date): Promise<void>;
}

const noteSchema = v.object({
  time: v.pipe(v.string(), v.isoTimestamp()),
  sequence: v.optional(v.number()),
  state: v.optional(v.string()),
});
export type LastSuccess = v.InferOutput<typeof noteSchema>;

/** Loads what the index knows. */
export async function openLastSuccesses(
  paths: Paths,
  index: SuccessIndex,
  log: Log,
): Promise<LastSuccesses> {
  const times = new Map<Serial, number>();
  for (const { serial, lastSuccess } of await index.overview()) {
    const known = tryParse(parseSerial, serial);
    if (known && lastSuccess) times.set(known, Date.parse(lastSuccess));
  }
  return {
    timeOf: (serial) => times.get(serial),
    note: ({ serial, sequence, state }, now) => {
      const text = JSON.stringify({ time: now.toISOString(), sequence, state });
      writeFileDurably(inLaptop(paths, serial).lastSuccess, `${text}\n`, 0o640);
      times.set(serial, now.getTime());
      return index.recordSuccess(serial, now).catch((error: Error) => {
        log.warn('index-not-updated', { serial, reason: error.message });
      });
    },
  };
}

/** As the laptop's folder has it; undefined for never and for a damaged file. */
export function readLastSuccess(paths: Paths, serial: Serial): LastSuccess | undefined {
  try {
    const text = readFileSync(inLaptop(paths, serial).lastSuccess, 'utf8');
    return v.parse(noteSchema, JSON.parse(text));
  } catch {
    return undefined; // the next backup writes it again
  }
}
