/** How work that nobody waits for stays out of the way of those who do. */

/** Arguments of ionice(1) that run a program with idle I/O and lowest CPU priority. */
export const IDLE = ['-c', '3', 'nice', '-n', '19'] as const;

/** How long idle work may block the event loop in one go, for `pacemaker`, in milliseconds. */
export const IDLE_SLICE_MS = 8;
