/**
 * SHA-256 of pooled files, worked out by children in the idle class: the service itself has clients.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { digestFile } from '../shared/entry.ts';
import { run } from '../shared/run.ts';
import { IDLE } from './damage-names.ts';

const LINE = /^([0-9a-f]{64})[ ][ *](.+)$/s;

export interface SumContext {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/** Name → digest, for those files of a folder that can be read. */
export async function sumFiles(
  { env, signal }: SumContext,
  folder: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  // Exit code 1: some could not be read.
  const options = { cwd: folder, env, accept: [1], ...(signal && { signal }) };
  const { stdout } = await run('ionice', [...IDLE, 'sha256sum', '-z', '--', ...names], options);
  for (const line of stdout.split('\0')) {
    const [, digest, name] = LINE.exec(line) ?? [];
    if (digest && name) sums.set(name, digest);
  }
  return sums;
}

/**
 * The digest once more, past the page cache where the file system can do that. Undefined for a file
 * that cannot be read to its end.
 */
export async function readAgain(
  path: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const direct = await readDirectly(path, env, signal);
  if (direct !== undefined) return direct;
  try {
    return (await digestFile(path, signal)).digest;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'errno' in error) return undefined;
    throw error;
  }
}

/** dd(1) has the aligned buffers that O_DIRECT wants, and Node has not. */
async function readDirectly(
  path: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string | undefined> {
  signal?.throwIfAborted();
  const args = [...IDLE, 'dd', `if=${path}`, 'iflag=direct', 'bs=1M', 'status=none'];
  const child = spawn('ionice', args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  const hash = createHash('sha256');
  child.stdout.on('data', (piece: Buffer) => hash.update(piece));
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  return exitCode === 0 ? hash.digest('hex') : undefined;
}
