/**
 * Work on several items of a source at once, while the source produces the next one.
 */

/**
 * Calls `work` for each item, at most `limit` at a time. Throws the first failure, of the source or of
 * `work`, after everything that was started has ended.
 */
export async function forEachConcurrently<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // A failed job stays in the set, so that the next wait throws its error.
  const running = new Set<Promise<void>>();
  try {
    for await (const item of items) {
      const job: Promise<void> = work(item).then(() => {
        running.delete(job);
      });
      running.add(job);
      job.catch(() => {}); // thrown below
      if (running.size >= limit) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
}
