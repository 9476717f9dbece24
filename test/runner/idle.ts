/**
 * Whether this machine would carry more: the share of its processors, of those that we may use, that was
 * idle since the last look, and the memory that is left. Waiting for a disk counts as idle.
 */
import { readFileSync } from 'node:fs';

/** Ticks of some processors since the start of the machine. */
export interface Ticks {
  idle: number;
  all: number;
}

/** A test with a desktop and a browser takes less, in KiB. */
const MEMORY_KIB = 1024 * 1024;

export class IdleMeter {
  #last = readTicks();

  /** 0…1 since the last call; 0 where it cannot be told, or where memory is short. */
  look(): number {
    const last = this.#last;
    this.#last = readTicks();
    if (!last || !this.#last || !hasMemory()) return 0;
    return idleShare(last, this.#last);
  }
}

export function idleShare(before: Ticks, now: Ticks): number {
  const all = now.all - before.all;
  return all > 0 ? (now.idle - before.idle) / all : 0;
}

/** The sum of the processors in `allowed`, as in `/proc/self/status`: `0-1,4`. */
export function sumTicks(stat: string, allowed: string): Ticks {
  const ours = new Set(
    allowed.split(',').flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, n) => from + n);
    }),
  );
  const sum: Ticks = { idle: 0, all: 0 };
  for (const [, n, numbers = ''] of stat.matchAll(/^cpu(\d+) (.*)$/gm)) {
    if (!ours.has(Number(n))) continue;
    // user nice system idle iowait irq softirq steal; what follows is counted in user already.
    const ticks = numbers.split(' ').slice(0, 8).map(Number);
    sum.idle += (ticks[3] ?? 0) + (ticks[4] ?? 0);
    sum.all += ticks.reduce((a, b) => a + b, 0);
  }
  return sum;
}

function readTicks(): Ticks | undefined {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '';
    return sumTicks(readFileSync('/proc/stat', 'utf8'), allowed);
  } catch {
    return undefined;
  }
}

function hasMemory(): boolean {
  const free = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return Number(free ?? 0) >= MEMORY_KIB;
}
