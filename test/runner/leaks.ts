/**
 * Processes that a test started and left behind. They are known by a variable that the runner puts
 * into the environment of every test file, and, should a program have emptied its environment, by
 * the session (setsid) that the test file's process leads. One that does both escapes us.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export const RUN_VARIABLE = 'DS_BACKUP_TEST_RUN';

export interface Survivor {
  pid: number;
  command: string;
}

/** Waits up to `graceMs` for what is about to end, kills what stays, and returns it. */
export async function killSurvivors(
  run: string,
  session: number,
  graceMs: number,
): Promise<Survivor[]> {
  let survivors = findSurvivors(run, session);
  for (const end = Date.now() + graceMs; survivors.length > 0 && Date.now() < end; ) {
    await sleep(50);
    survivors = findSurvivors(run, session);
  }
  killAll(survivors);
  return survivors;
}

function killAll(survivors: readonly Survivor[]): void {
  for (const { pid } of survivors) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended meanwhile
    }
  }
}

function findSurvivors(run: string, session: number): Survivor[] {
  const survivors: Survivor[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (belongs(pid, run, session)) survivors.push({ pid, command: commandOf(pid) });
    } catch {
      // it ended while we looked, or is none of ours to look at
    }
  }
  return survivors;
}

/** Whether a process is the run's. Throws when there is none, or it may not be looked at. */
export function belongs(pid: number, run: string, session: number): boolean {
  // `pid (name) state ppid pgrp session …`; the name may hold anything, also `)`.
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [state, , , itsSession] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return false;
  if (Number(itsSession) === session) return true;
  const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
  return `\0${environment}`.includes(`\0${RUN_VARIABLE}=${run}\0`);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
}
