/**
 * Which slow test file starts when: as many at once as the processor carries, within limits, because most of
 * them wait most of the time; calm ones two at a time at the end, and those that run alone after them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Directives } from './totals.ts';

export type Job = Directives & { file: string };

export interface Limits {
  /** So many run at once, however busy the machine is. */
  least: number;
  /** So many at most; those above `least` start only while the machine is idle. */
  most: number;
  /** How many may run while a calm one does, itself included. */
  calm: number;
  /** How often the machine is looked at, in milliseconds: what was just started has to show. */
  everyMs: number;
  /** From this share of idle processors on one more may start, 0…1. */
  idle: number;
}

/** In the order in which they start: the heaviest first, so that none is left over at the end. */
export function inOrder(jobs: readonly Job[]): Job[] {
  const rank = { anything: 0, calm: 1, nothing: 2 };
  return [...jobs].sort((a, b) => rank[a.beside] - rank[b.beside] || b.weight - a.weight);
}

/** Whether the next one may start beside `running` others. */
export function mayStart(
  { beside }: Directives,
  running: number,
  idle: number,
  limits: Limits,
): boolean {
  switch (beside) {
    case 'anything':
      return running < (idle >= limits.idle ? limits.most : limits.least);
    case 'calm':
      return running < limits.calm;
    case 'nothing':
      return running === 0;
    default:
      return beside satisfies never;
  }
}

/** Runs all of them. `idle` says which share of the processors was idle since it was last asked. */
export async function runAll(
  jobs: readonly Job[],
  run: (job: Job) => Promise<void>,
  idle: () => number,
  limits: Limits,
): Promise<void> {
  const queue = inOrder(jobs);
  const running = new Set<Promise<unknown>>();
  const start = (job: Job) => {
    const ended = run(job).finally(() => running.delete(ended));
    running.add(ended);
  };
  while (queue.length > 0 || running.size > 0) {
    for (let [job] = queue; job && mayStart(job, running.size, 0, limits); [job] = queue) {
      queue.shift();
      start(job);
    }
    const [next] = queue;
    if (!next || !mayStart(next, running.size, 1, limits)) {
      await Promise.race(running);
      continue;
    }
    const look = new AbortController();
    const looked = sleep(limits.everyMs, true, { signal: look.signal }).catch(() => false);
    const isTime = await Promise.race([
      looked,
      ...[...running].map((one) => one.then(() => false)),
    ]);
    look.abort();
    if (isTime && mayStart(next, running.size, idle(), limits)) {
      queue.shift();
      start(next);
    }
  }
}
