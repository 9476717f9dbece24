/**
 * How loaded the server is, and how many backups may run at once. Uses the kernel's pressure stall
 * information (PSI, Linux 4.20 and newer) for disk and processor, and the load average where there is
 * none, as the original program did.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import { cachedAtOnce } from '../storage/cached.ts';

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

/** Above `from` slots decrease; at `to` one is left. */
type Range = readonly [from: number, to: number];

/** In per cent. Backups cause some pressure themselves: only more than that slows them down. */
const IO_RANGE: Range = [40, 95];
const CPU_RANGE: Range = [60, 100];
/** The original refused everybody at a load of 5, whatever the number of processors. */
const LOAD_RANGE: Range = [2, 5];
/** Slots decrease below this multiple of `minFreePercent`. */
const SHORT_OF_SPACE = 3;
/** How long a measurement is reused, in milliseconds: the kernel's average is over 10 s. */
const FRESH_MS = 1000;

export const CALM: Pressure = { io: null, cpu: null, loadPerCore: 0 };

/** How many backups may run at once: 1 to `slots`. The scarcest resource decides. */
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

/** 1 below the range, 0 above it, linear in between. */
function easeIn([from, to]: Range, value: number): number {
  if (value <= from) return 1;
  return value >= to ? 0 : (to - value) / (to - from);
}

/** `avg10` of the line `some` of a file of /proc/pressure; null for anything else. */
export function parsePressure(text: string): number | null {
  const [, value] = /^some avg10=(\d{1,3}(?:\.\d{1,4})?) /m.exec(text) ?? [];
  return value === undefined ? null : Math.min(Number(value), 100);
}

/** Measures at most once a second, and lets nobody wait. `folder` is /proc/pressure. */
export function pressureGauge(clock: Clock, folder = '/proc/pressure'): () => Promise<Pressure> {
  return cachedAtOnce(clock, FRESH_MS, () => measurePressure(folder));
}

async function measurePressure(folder: string): Promise<Pressure> {
  const [io, cpu] = await Promise.all(['io', 'cpu'].map((name) => readPressure(folder, name)));
  const loadPerCore = (loadavg()[0] ?? 0) / availableParallelism();
  return { io: io ?? null, cpu: cpu ?? null, loadPerCore };
}

/** Null without PSI: there is no file, or reading it fails because PSI is disabled. */
async function readPressure(folder: string, name: string): Promise<number | null> {
  try {
    return parsePressure(await readFile(`${folder}/${name}`, 'utf8'));
  } catch {
    return null;
  }
}
