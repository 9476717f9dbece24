/**
 * Lines of the log that anybody in the Wi-Fi can cause, as often as he likes: the first at once, then one a minute,
 * which says how many there were.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log, LogFields } from '../../shared/log.ts';

/** In milliseconds. */
const TELL_MS = 60_000;

/** To be called for each; `fields` are those of the latest. */
export function seldom(
  { clock, log }: { clock: Clock; log: Log },
  event: string,
  level: keyof Log = 'warn',
): (fields: LogFields) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (fields) => {
    count += 1;
    const now = clock.monotonicMs();
    if (now - toldAt < TELL_MS) return;
    log[level](event, { count, ...fields });
    toldAt = now;
    count = 0;
  };
}
