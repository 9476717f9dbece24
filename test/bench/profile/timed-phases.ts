/**
 * Runs `ds-backup` and notes when it says that it begins a phase.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Mark } from './shares.ts';

export interface TimedRun {
  /** Seconds. */
  wall: number;
  /** User and system time of all its processes, in seconds. */
  cpu: number;
  /** Of the largest of its processes, in MB. */
  megabytes: number;
  marks: Mark[];
}

/** Throws with its last lines when it fails. `times` is a file that may be written. */
export async function runTimed(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  times: string,
): Promise<TimedRun> {
  const start = performance.now();
  const args = ['-q', '-f', '%U %S %M', '-o', times, ...words];
  const child = spawn('/usr/bin/time', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const marks: Mark[] = [];
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const at = Number(process.hrtime.bigint() / 1000n);
    for (const [, phase = ''] of text.matchAll(/^(.+)…$/gm)) marks.push({ at, phase });
    said = (said + text).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const wall = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}:\n${said}`);
  const [user = 0, system = 0, kib = 0] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
  return { wall, cpu: user + system, megabytes: kib / 1024, marks };
}
