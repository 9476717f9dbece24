/**
 * Whether anything moves in a test's processes. A file is never ended for the time it takes, only when
 * nothing has moved for very long, or when it computes for very long without ending a test.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** One look at all processes of a run. */
export interface Sample {
  /** Milliseconds, of a clock that only goes forward. */
  at: number;
  outputBytes: number;
  processes: ReadonlyMap<number, ProcessSample>;
}

export interface ProcessSample {
  /** `pid` may be given to another process; with this it is that one. */
  startTime: string;
  /** Milliseconds on a processor. */
  cpuMs: number;
  /** Milliseconds it was ready and another process had the processor. */
  queuedMs: number;
  /** Bytes it read and wrote, to files, pipes and sockets. */
  ioBytes: number;
  /** It waits for a disk. */
  inDisk: boolean;
}

/** Looking again and again, as a test does that waits in vain, takes less than this. */
const IDLE_SHARE = 0.05;
const IDLE_BYTES_A_SECOND = 64 * 1024;
/** USER_HZ is 100 on every Linux. */
const TICK_MS = 10;
/** More time between two looks than so many times the usual was the machine's sleep. */
const LATEST_LOOK = 5;

/** What moved between two looks, in a word; null when nothing did. */
export function whatMoved(before: Sample, now: Sample): string | null {
  if (now.outputBytes !== before.outputBytes) return 'output';
  const ms = now.at - before.at;
  let busyMs = 0;
  let bytes = 0;
  for (const [pid, one] of now.processes) {
    const last = before.processes.get(pid);
    if (last?.startTime !== one.startTime) return 'a new process';
    if (one.inDisk) return 'the disk';
    busyMs += one.cpuMs - last.cpuMs + one.queuedMs - last.queuedMs;
    bytes += one.ioBytes - last.ioBytes;
  }
  for (const pid of before.processes.keys()) if (!now.processes.has(pid)) return 'an end';
  if (busyMs > IDLE_SHARE * ms) return 'a processor';
  if (bytes > (IDLE_BYTES_A_SECOND * ms) / 1000) return 'data';
  return null;
}

export interface Limits {
  /** Between two looks. */
  everyMs: number;
  /** So long nothing may move. */
  stillMs: number;
  /** So much processor time may go by without a word of output. */
  silentCpuMs: number;
}

/** Says when it is time to give up, and why. */
export class Watchdog {
  readonly #limits: Limits;
  #last: Sample;
  #stillMs = 0;
  #silentCpuMs = 0;

  constructor(first: Sample, limits: Limits) {
    this.#last = first;
    this.#limits = limits;
  }

  /** The complaint, or null while there is hope. */
  look(now: Sample): string | null {
    const moved = whatMoved(this.#last, now);
    const ms = Math.min(now.at - this.#last.at, LATEST_LOOK * this.#limits.everyMs);
    this.#stillMs = moved === null ? this.#stillMs + ms : 0;
    this.#silentCpuMs = moved === 'output' ? 0 : this.#silentCpuMs + spent(this.#last, now);
    this.#last = now;
    if (this.#stillMs >= this.#limits.stillMs) {
      return `no progress: nothing moved for ${s(this.#stillMs)}`;
    }
    if (this.#silentCpuMs >= this.#limits.silentCpuMs) {
      return `no progress: ${s(this.#silentCpuMs)} of processor time, and no test ended`;
    }
    return null;
  }
}

const s = (ms: number) => `${Math.round(ms / 1000)} s`;

/** Processor time between two looks. Of a process that is gone, the end is not known and not counted. */
function spent(before: Sample, now: Sample): number {
  let sum = 0;
  for (const [pid, one] of now.processes) {
    const last = before.processes.get(pid);
    sum += one.cpuMs - (last?.startTime === one.startTime ? last.cpuMs : 0);
  }
  return sum;
}

/** Looks at all processes that `belongs` says are the run's, and at their descendants. */
export function takeSample(belongs: (pid: number) => boolean, outputBytes: number): Sample {
  const ours = new Map<number, ProcessSample>();
  const others = new Map<number, { parent: number; sample: ProcessSample }>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const found = readProcess(pid);
      if (belongs(pid)) ours.set(pid, found.sample);
      else others.set(pid, found);
    } catch {
      // it ended while we looked, or is none of ours to look at
    }
  }
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, { parent, sample }] of others) {
      if (!ours.has(parent)) continue;
      ours.set(pid, sample);
      others.delete(pid);
      grew = true;
    }
  }
  return { at: performance.now(), outputBytes, processes: ours };
}

/** Some kernels have no such file, and some processes let nobody look. */
function tryTo<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function readProcess(pid: number): { parent: number; sample: ProcessSample } {
  const of = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'latin1');
  // `pid (name) state ppid …`; the name may hold anything, also `)`. utime, stime and starttime are the 14th, 15th, 22nd.
  const stat = of('stat');
  const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, queuedNs = 0] = (tryTo(() => of('schedstat')) ?? '').split(' ').map(Number);
  const io = tryTo(() => of('io')) ?? '';
  const bytes = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1] ?? 0);
  return {
    parent: Number(words[1]),
    sample: {
      startTime: words[19] ?? '',
      cpuMs: (Number(words[11]) + Number(words[12])) * TICK_MS,
      queuedMs: queuedNs / 1e6,
      ioBytes: bytes('rchar') + bytes('wchar'),
      inDisk: words[0] === 'D',
    },
  };
}
