/**
 * How loaded the server is, and how many backups it can bear at once (X1). The kernel's own measure
 * of tasks that wait for disk or processor (PSI, Linux 4.20 and newer), the load average where there
 * is none: what the original looked at, and which counts waiting for a disk only by accident.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import { cached } from '../storage/cached.ts';

export interface Pressure {
  /** Share of the last ten seconds in which some task waited, in per cent; null where unknown. */
  io: number | null;
  cpu: number | null;
  /** Load average of the last minute for each processor. */
  loadPerCore: number;
}

export interface SlotRules {
  slots: number;
  minFreePercent: number;
}

/** From `[0]` on there are fewer slots, at `[1]` only one is left. */
type Range = readonly [from: number, to: number];

/** Backups cause waiting themselves: some of it is no reason to slow down. In per cent. */
const IO_RANGE: Range = [40, 95];
const CPU_RANGE: Range = [60, 100];
/** The original refused everybody at a load of 5, whatever the number of processors. */
const LOAD_RANGE: Range = [2, 5];
/** Slots get fewer below so many times `minFreePercent`. */
const SHORT_OF_SPACE = 3;
/** How long a measurement is good for, in milliseconds: the kernel's average is over 10 s. */
const FRESH_MS = 1000;

export const CALM: Pressure = { io: null, cpu: null, loadPerCore: 0 };

/** How many backups may run at once: 1 … `slots`. Whatever is shortest decides. */
export function slotsFor(
  { slots, minFreePercent }: SlotRules,
  { io, cpu, loadPerCore }: Pressure,
  freePercent: number,
): number {
  const known = io !== null || cpu !== null;
  const ease = Math.min(
    easeIn(IO_RANGE, io ?? 0),
    easeIn(CPU_RANGE, cpu ?? 0),
    known ? 1 : easeIn(LOAD_RANGE, loadPerCore),
    easeIn([-SHORT_OF_SPACE * minFreePercent, -minFreePercent], -freePercent),
  );
  return 1 + Math.floor((slots - 1) * ease);
}

/** 1 below the range, 0 above it. */
function easeIn([from, to]: Range, value: number): number {
  if (value <= from) return 1;
  return value >= to ? 0 : (to - value) / (to - from);
}

/** `avg10` of the line `some` of a file of /proc/pressure; null for anything else. */
export function parsePressure(text: string): number | null {
  const [, value] = /^some avg10=(\d{1,3}(?:\.\d{1,4})?) /m.exec(text) ?? [];
  return value === undefined ? null : Math.min(Number(value), 100);
}

/** Measures at most once a second, whoever asks. `folder` is /proc/pressure. */
export function pressureGauge(clock: Clock, folder = '/proc/pressure'): () => Promise<Pressure> {
  return cached(clock, FRESH_MS, () => measurePressure(folder));
}

async function measurePressure(folder: string): Promise<Pressure> {
  const [io, cpu] = await Promise.all(['io', 'cpu'].map((name) => readPressure(folder, name)));
  const loadPerCore = (loadavg()[0] ?? 0) / availableParallelism();
  return { io: io ?? null, cpu: cpu ?? null, loadPerCore };
}

/** A kernel without PSI has no such file; one where it is switched off refuses to have it read. */
async function readPressure(folder: string, name: string): Promise<number | null> {
  try {
    return parsePressure(await readFile(`${folder}/${name}`, 'utf8'));
  } catch {
    return null;
  }
}
