/** What every scene on a machine says, asks and waits for. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Machine } from './machine.ts';

/** Ours: "may I?" and pages, registration, sessions, pages over HTTPS. In hexadecimal, as /proc/net/tcp has them. */
export const OUR_PORTS = ['0050', '08AE', '1F90', '20FB'];
let steps = 0;

export const stepsDone = (): number => steps;

export function step(name: string): void {
  steps += 1;
  process.stdout.write(`${String(steps).padStart(2)}  ${name}\n`);
}

/** Runs in the machine; what it printed. Anything but 0 is the end of the test. */
export function must(machine: Machine, script: string): string {
  const ran = machine.sh(script);
  assert.is(ran.exitCode, 0, `${script}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

export function listening(machine: Machine): string[] {
  const lines = must(machine, 'cat /proc/net/tcp /proc/net/tcp6').split('\n');
  const ports = lines.map((line) => /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A /.exec(line)?.[1]);
  return [...new Set(ports.filter((port) => port !== undefined))].sort();
}

export async function serves(machine: Machine, ports = OUR_PORTS): Promise<void> {
  while (!ports.every((port) => listening(machine).includes(port))) {
    const state = machine.run('systemctl', 'is-failed', 'xs-backup').stdout.trim();
    assert.is.not(
      state,
      'failed',
      machine.run('journalctl', '-u', 'xs-backup', '--no-pager').stdout,
    );
    await sleep(500);
  }
}
