/**
 * The transfers that run on this machine, from /proc: each is a sandbox below a session script. A program
 * within a sandbox may give itself any name, but it is in another PID namespace.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';

/** From a sandbox to its session script: flock, and shells. */
const GENERATIONS = 6;

/** The laptops that send or fetch something at this moment. */
export function runningTransfers(): Set<Serial> {
  const serials = new Set<Serial>();
  for (const pid of processesNamed('bwrap')) {
    if (!isOurs(pid)) continue;
    const serial = sessionOf(pid);
    if (serial) serials.add(serial);
  }
  return serials;
}

/** The numbers of all processes. */
export function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Boolean);
}

/**
 * Those that run this program, or say so. The words of others are not read: the kernel lets whoever reads them wait
 * while a process changes its memory, for as long as that waits for the disk, and here waits the event loop.
 */
export function processesNamed(program: string): number[] {
  return processes().filter((pid) => ofProcess(pid, 'comm') === `${program}\n`);
}

/** The words of its command line; none of one that has ended. */
export function wordsOf(pid: number): string[] {
  return ofProcess(pid, 'cmdline').split('\0');
}

/** The fields of its status from the third on (proc(5)); none of one that has ended. */
export function fieldsOf(pid: number): string[] {
  return ofProcess(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
}

/** Whether it is in no sandbox. */
export function isOurs(pid: number): boolean {
  const own = namespaceOf(process.pid);
  return own !== '' && namespaceOf(pid) === own;
}

/** Whose session this process is part of. */
function sessionOf(pid: number): Serial | undefined {
  for (let at = pid, n = 0; at > 1 && n < GENERATIONS; n += 1) {
    const words = wordsOf(at);
    const script = words.findIndex((word) => /^ds-session(\.sh)?$/.test(basename(word)));
    if (script >= 0) return tryParse(parseSerial, words[script + 2]);
    at = Number(fieldsOf(at)[1]);
  }
  return undefined;
}

function ofProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}
