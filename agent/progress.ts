/**
 * The progress of a run, for a bar, a line or D-Bus: never goes back, and never beyond the total.
 */
import type { Uid } from '../shared/ids.ts';

export type Phase =
  | 'asking' // for admission
  | 'scanning' // looking for changes
  | 'sending'
  | 'confirming' // waiting for the server's snapshot
  | 'fetching' // and writing, at the same time
  | 'done';

export interface Progress {
  phase: Phase;
  entriesDone: number;
  entriesTotal: number;
  bytesDone: number;
  /** An estimate while it is still being worked out. */
  bytesTotal: number;
  /** The entry being worked on, for showing. */
  current?: { uid: Uid; title: string };
}

export interface BatchMeter {
  /** So many of its bytes have been transferred, and with them about so many entries. */
  bytes(count: number, entries?: number): void;
  /** It is finished, with this many entries and bytes in all. */
  done(entries: number, count: number): void;
}

/** Counts entries and bytes of a run and reports each step. */
export class Meter {
  readonly #report: (progress: Progress) => void;
  #state: Progress = {
    phase: 'asking',
    entriesDone: 0,
    entriesTotal: 0,
    bytesDone: 0,
    bytesTotal: 0,
  };
  constructor(report: (progress: Progress) => void) {
    this.#report = report;
  }

  get progress(): Progress {
    return this.#state;
  }

  phase(phase: Phase): void {
    this.#set({ phase });
  }

  /** What there is to do. A second call, after looking again, never takes back what is done. */
  expect(entries: number, bytes: number): void {
    this.#set({ entriesTotal: entries, bytesTotal: bytes });
  }

  /** For one batch; several may be in transfer at once. */
  batch(): BatchMeter {
    const gone = { bytes: 0, entries: 0 };
    const bytes = (count: number, entries = 0) => {
      const more = Math.max(0, count - gone.bytes);
      const moreEntries = Math.max(0, entries - gone.entries);
      gone.bytes += more;
      gone.entries += moreEntries;
      const { bytesDone, entriesDone } = this.#state;
      this.#set({ bytesDone: bytesDone + more, entriesDone: entriesDone + moreEntries });
    };
    const done = (entries: number, count: number) => bytes(count, entries);
    return { bytes, done };
  }

  /** The entry being worked on now. */
  current(uid: Uid, title: string): void {
    this.#set({ current: { uid, title } });
  }

  /** An entry that needs no transfer. */
  skip(): void {
    this.#set({ entriesDone: this.#state.entriesDone + 1 });
  }

  finish(): void {
    const { entriesTotal, bytesTotal } = this.#state;
    this.#set({ phase: 'done', entriesDone: entriesTotal, bytesDone: bytesTotal });
  }

  #set(change: Partial<Progress>): void {
    const next = { ...this.#state, ...change };
    next.entriesTotal = Math.max(next.entriesTotal, this.#state.entriesDone);
    next.bytesTotal = Math.max(next.bytesTotal, this.#state.bytesDone);
    next.entriesDone = Math.min(next.entriesDone, next.entriesTotal);
    next.bytesDone = Math.min(next.bytesDone, next.bytesTotal);
    this.#state = next;
    this.#report(next);
  }
}

/** 0…1 for a bar: bytes where there are any, entries otherwise. */
export function fraction({ phase, entriesDone, entriesTotal, ...bytes }: Progress): number {
  if (phase === 'done') return 1;
  if (bytes.bytesTotal > 0) return bytes.bytesDone / bytes.bytesTotal;
  return entriesTotal > 0 ? entriesDone / entriesTotal : 0;
}

/** The bytes and per cent of a line of rsync's `--info=progress2 --no-h`. */
export function parseProgress2(line: string): { bytes: number; percent: number } | undefined {
  const [, bytes, percent] = /^\s*([\d,.]+)\s+(\d{1,3})%\s/.exec(line) ?? [];
  if (bytes === undefined || percent === undefined) return undefined;
  return {
    bytes: Number(bytes.replace(/[,.]/g, '')),
    percent: Math.min(Number(percent), 100),
  };
}
