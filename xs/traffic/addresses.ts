/**
 * What came of questions by plain HTTP, by the address they were asked from. Anybody may ask in any laptop's
 * name; whoever does so without coming keeps slots and places empty. What a doubtful address asks is
 * answered as if a made-up laptop had asked. Times are milliseconds of the monotonic clock.
 */

/** An address is doubtful when so many slots or places were kept for it in vain … */
const LAPSES = 2;
/** … and not at least this many times as many laptops came: a school behind one address. */
const PROOFS_FOR_ONE = 2;
/** It is doubtful as well with more places in the queue than this, and as many again for each that came. */
const PLACES = 4;
/** How long it is remembered that nobody came. */
const WINDOW_MS = 3_600_000;

interface Record {
  lapses: number[];
  proofs: number[];
}

export class Addresses {
  readonly #records = new Map<string, Record>();

  /** Whether what it asks for is worth little, with `places` that it has in the queue. */
  isDoubtful(address: string, places: number, now: number): boolean {
    const record = this.#records.get(address);
    const lapses = recent(record?.lapses, now).length;
    const proofs = recent(record?.proofs, now).length;
    const inVain = lapses >= LAPSES && lapses * PROOFS_FOR_ONE > proofs;
    return inVain || places > PLACES * (1 + proofs);
  }

  /** Nobody came for a slot or a place that was kept. */
  noteLapse(address: string, now: number): void {
    this.#recordOf(address).lapses.push(now);
  }

  /** A known laptop came, with its key. */
  noteProof(address: string, now: number): void {
    this.#recordOf(address).proofs.push(now);
  }

  /** Forgets what is over. */
  sweep(now: number): void {
    for (const [address, record] of this.#records) {
      record.lapses = recent(record.lapses, now);
      record.proofs = recent(record.proofs, now);
      if (record.lapses.length + record.proofs.length === 0) this.#records.delete(address);
    }
  }

  #recordOf(address: string): Record {
    const record = this.#records.get(address) ?? { lapses: [], proofs: [] };
    this.#records.set(address, record);
    return record;
  }
}

function recent(times: readonly number[] | undefined, now: number): number[] {
  return times?.filter((time) => now - time < WINDOW_MS) ?? [];
}
