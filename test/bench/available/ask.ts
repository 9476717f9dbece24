/** Lets others ask "may I?" while something is measured. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { testEnvironment } from '../../school/server.ts';
import type { LoadFigures } from './load.ts';

const CONNECTIONS = 16;

export interface Asking {
  /** Where the server listens. */
  port: number;
  /** Asked for in turn. */
  paths: readonly string[];
  /** As fast as it answers by default. */
  perSecond?: number;
  /** The processor that asks. */
  core: string;
}

/** The command for a module of this folder. */
export function node(name: string, ...args: string[]): [string, string[]] {
  const module = new URL(name, import.meta.url).pathname;
  return [process.execPath, ['--import', 'tsx', module, ...args]];
}

/** What those who ask saw while `meanwhile` was under way. It begins once they ask. */
export async function askWhile(
  { port, paths, perSecond = 0, core }: Asking,
  meanwhile: () => Promise<unknown>,
): Promise<LoadFigures> {
  const numbers = [port, CONNECTIONS, perSecond].map(String);
  const [command, args] = node('load.ts', ...numbers, ...paths);
  const child = spawn('taskset', ['-c', core, command, ...args], {
    env: testEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await lines.next();
    await meanwhile();
  } finally {
    child.stdin.end();
  }
  const figures = await lines.next();
  await ended;
  return JSON.parse(figures.value) as LoadFigures;
}
