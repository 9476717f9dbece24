/**
 * The transfers of a school's server to its laptops, and how to hold them as a bad link does: what is to
 * happen in the middle of a restore then happens there, however fast the machine is.
 */
import { fieldsOf, processes, wordsOf } from '../../xs/traffic/transfers.ts';
import type { TestServer } from './server.ts';

type Service = Pick<TestServer, 'daemon'>;

/** The rsync processes that send to a laptop now. */
export function senders(service: Service): number[] {
  return programsOf(service).filter(isSending);
}

/** The service, and all that works for it. */
export function programsOf({ daemon }: Service): number[] {
  const parents = new Map(processes().map((pid) => [pid, parentOf(pid)]));
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === daemon.pid || isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}

/** Stops these processes until disposed. Undefined for none. */
export function hold(pids: readonly number[]): Disposable | undefined {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  const release = () => {
    for (const pid of pids) signal(pid, 'SIGCONT');
  };
  return pids.length > 0 ? { [Symbol.dispose]: release } : undefined;
}

/** No number for one that has ended. */
export function parentOf(pid: number): number {
  return Number(fieldsOf(pid)[1]);
}

function isSending(pid: number): boolean {
  const [program, ...options] = wordsOf(pid);
  return program === 'rsync' && options.includes('--sender');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it is gone
  }
}
