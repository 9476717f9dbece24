/**
 * SHA-256 of pooled files, worked out by children in the idle class: the service itself has clients.
 */
import { run } from '../../shared/system/run.ts';
import { IDLE } from './find-links.ts';

export interface HashContext {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

const LINE = /^([0-9a-f]{64})[ ][ *](.+)$/s;
/** Makes the kernel forget what it has of each file, as far as it can, and reads from the disk. */
const READ_AFRESH =
  'for f; do dd if="$f" iflag=nocache count=0 status=none 2>/dev/null; done; exec sha256sum -z -- "$@"';

/** Name → digest, for those files of a folder that can be read. */
export function hashFiles(context: HashContext, folder: string, names: readonly string[]) {
  return sums(context, folder, ['sha256sum', '-z', '--', ...names]);
}

/** The same once more, not from memory: that may be at fault as well. */
export function rehashFiles(context: HashContext, folder: string, names: readonly string[]) {
  return sums(context, folder, ['sh', '-c', READ_AFRESH, 'sh', ...names]);
}

async function sums(
  { env, signal }: HashContext,
  cwd: string,
  command: readonly string[],
): Promise<Map<string, string>> {
  // Exit code 1: some could not be read.
  const options = { cwd, env, accept: [1], ...(signal && { signal }) };
  const { stdout } = await run('ionice', [...IDLE, ...command], options);
  const found = new Map<string, string>();
  for (const line of stdout.split('\0')) {
    const [, digest, name] = LINE.exec(line) ?? [];
    if (digest && name) found.set(name, digest);
  }
  return found;
}
