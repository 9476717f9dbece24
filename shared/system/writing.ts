/**
 * Work that writes as it goes, told step by step, so that it is the same for who waits for the disk and for who has
 * others to answer meanwhile: each `yield` is one write, and what follows it may say that it is durable.
 */

/** One write. Both ways end when it is durable, or throw. */
export interface Write {
  now(): void;
  /** In a thread. Throws `Overtaken` when what it builds on has changed meanwhile. */
  aside(): Promise<void>;
}

export type Writing<T> = Generator<Write, T, void>;

/** Somebody else has changed meanwhile what was decided on: it is to be decided anew. */
export class Overtaken extends Error {}

/** Carries out the writes one by one, and returns what the work returns. */
export function writeNow<T>(work: Writing<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    step.value.now();
  }
}

/** The same in threads. Work that was overtaken is begun anew: what it has written is known then. */
export async function writeAside<T>(begin: () => Writing<T>): Promise<T> {
  for (;;) {
    try {
      return await stepByStep(begin());
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
    }
  }
}

async function stepByStep<T>(work: Writing<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await step.value.aside();
  }
}
