/**
 * What every contender of the bench can do, and how its commands are timed.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Contender extends AsyncDisposable {
  /** The Journal it backs up; filled by the bench before the first backup. */
  source: string;
  /** Everything it keeps on the server. */
  serverFolder: string;
  backup(): Promise<Cost>;
  /** Loses the Journal and brings all of it back. */
  restore(): Promise<Cost>;
  /** Where the restored Journal is, and whether it is the whole of it. */
  restored(): string;
}

export interface Cost {
  /** Seconds. */
  wallS: number;
  /** User and system time of the client's processes, in seconds. */
  clientCpuS: number;
}

/** Runs one client command and measures it. Throws with its output when it fails. */
export async function timed(
  folder: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<Cost> {
  const times = join(folder, 'times');
  const args = ['-q', '-f', '%U %S', '-o', times, ...command];
  const start = performance.now();
  const child = spawn('/usr/bin/time', args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      output = (output + piece.toString()).slice(-4000);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const wallS = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}`);
  const [user = 0, system = 0] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
  return { wallS, clientCpuS: user + system };
}

export function add(a: Cost, b: Cost): Cost {
  return { wallS: a.wallS + b.wallS, clientCpuS: a.clientCpuS + b.clientCpuS };
}
