/**
 * When each laptop's Journal was last known to be safe. This is the only place that writes it:
 * `last-success.json` in the laptop's folder is the truth, the index has a copy for overviews, and
 * memory has one for the queue, which must be answered without touching the disk.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { type Serial, tryParse } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { type Manifest, parseTick, type Tick } from '../../shared/protocol/messages.ts';
import { writeFileAside } from '../../shared/system/files-aside.ts';
import { type Stamp, tickOf } from './moment.ts';
import { inLaptop, type Paths } from './paths.ts';

/** Later than any date that a clock shows, in milliseconds since 1970. */
const FAR_MS = 2 ** 52;

export interface LastSuccesses {
  /** The later it was, the larger; undefined for never. From memory. */
  orderOf(serial: Serial): number | undefined;
  /** From memory; undefined for never. */
  stampOf(serial: Serial): Stamp | undefined;
  /**
   * The Journal is safe as of `now`, in the state of this snapshot. Resolves when that is durable, and the index
   * has it too, or its failure was logged.
   */
  note(snapshot: Pick<Manifest, 'serial' | 'sequence' | 'state'>, now: Stamp): Promise<void>;
}

/** What is needed of the index. */
export interface SuccessIndex {
  recordSuccess(serial: Serial, time: Date): Promise<void>;
}

const noteSchema = v.object({
  time: v.pipe(v.string(), v.isoTimestamp()),
  /** Absent in those of older versions. */
  clock: v.optional(v.unknown()),
  sequence: v.optional(v.number()),
  state: v.optional(v.string()),
});
export interface LastSuccess extends Omit<v.InferOutput<typeof noteSchema>, 'clock'> {
  clock?: Tick | undefined;
}

/** Loads what the laptops' folders say. */
export function openLastSuccesses(
  paths: Paths,
  serials: readonly Serial[],
  index: SuccessIndex,
  log: Log,
): LastSuccesses {
  const stamps = new Map<Serial, Stamp>();
  const writes = new LatestWrites();
  for (const serial of serials) {
    const known = readLastSuccess(paths, serial);
    if (known) stamps.set(serial, stampOf(known));
  }
  return {
    stampOf: (serial) => stamps.get(serial),
    orderOf: (serial) => {
      const stamp = stamps.get(serial);
      // Those of older versions were before any other.
      return stamp && (stamp.at > 0 ? stamp.at : stamp.time.getTime() - FAR_MS);
    },
    note: async ({ serial, sequence, state }, now) => {
      const known = { time: now.time.toISOString(), sequence, state, clock: tickOf(now) };
      const { lastSuccess } = inLaptop(paths, serial);
      await writes.write(lastSuccess, `${JSON.stringify(known)}\n`);
      stamps.set(serial, { ...tickOf(now), time: now.time });
      await index.recordSuccess(serial, now.time).catch((error: Error) => {
        log.warn('index-not-updated', { serial, reason: error.message });
      });
    },
  };
}

/**
 * Of several notes of one laptop, the latest stays. At most two are written however fast they come: one that is
 * under way, and the latest after it, in place of all between.
 */
class LatestWrites {
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, { text: string; written: Promise<void> }>();

  /** Resolves when this text, or a later one, is on the disk. */
  write(path: string, text: string): Promise<void> {
    const waiting = this.#waiting.get(path);
    if (waiting) {
      waiting.text = text;
      return waiting.written;
    }
    const running = this.#running.get(path);
    if (!running) return this.#start(path, text);
    const next = { text, written: running };
    next.written = running
      .catch(() => {}) // told to whoever asked for it
      .then(() => {
        this.#waiting.delete(path);
        return this.#start(path, next.text);
      });
    this.#waiting.set(path, next);
    return next.written;
  }

  #start(path: string, text: string): Promise<void> {
    const write = async () => {
      try {
        await writeFileAside(path, text, 0o640);
      } finally {
        this.#running.delete(path);
      }
    };
    const written = write();
    this.#running.set(path, written);
    return written;
  }
}

/** As the laptop's folder has it; undefined for never and for a damaged file. */
export function readLastSuccess(paths: Paths, serial: Serial): LastSuccess | undefined {
  try {
    const text = readFileSync(inLaptop(paths, serial).lastSuccess, 'utf8');
    const { clock, ...known } = v.parse(noteSchema, JSON.parse(text));
    return { ...known, clock: tryParse(parseTick, clock) };
  } catch {
    return undefined; // the next backup writes it again
  }
}

/** One of an older version was noted before the timeline began. */
function stampOf({ time, clock }: LastSuccess): Stamp {
  return { ...(clock ?? { at: 0, boot: 0, doubted: false }), time: new Date(time) };
}
