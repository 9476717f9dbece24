/**
 * Works on what comes out of a source, some pieces at once, while the source makes the next one.
 */

/**
 * Calls `work` for each item, at most `limit` of them at a time. Throws the first failure, of the
 * source or of any piece of work, after everything that was begun has ended.
 */
export async function forEachAtOnce<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // One that failed stays in here, so that whoever waits next is told.
  const underWay = new Set<Promise<void>>();
  try {
    for await (const item of items) {
      const job: Promise<void> = work(item).then(() => {
        underWay.delete(job);
      });
      underWay.add(job);
      job.catch(() => {}); // told below
      if (underWay.size >= limit) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
}
