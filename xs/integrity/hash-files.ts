/** SHA-256 of pooled files, computed by child processes at idle priority. */
import { run } from '../../shared/system/run.ts';
import { IDLE } from '../storage/idle.ts';

export interface HashContext {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

const LINE = /^([0-9a-f]{64})[ ][ *](.+)$/s;
/** Drops each file from the page cache as far as possible, and reads it from the disk. */
const READ_UNCACHED =
  'for f; do dd if="$f" iflag=nocache count=0 status=none 2>/dev/null; done; exec sha256sum -z -- "$@"';

/** Name → digest, for those files of a folder that can be read. */
export function hashFiles(context: HashContext, folder: string, names: readonly string[]) {
  return sums(context, folder, ['sha256sum', '-z', '--', ...names]);
}

/** The same, past the page cache: faulty memory is not to be taken for a faulty disk. */
export function rehashFiles(context: HashContext, folder: string, names: readonly string[]) {
  return sums(context, folder, ['sh', '-c', READ_UNCACHED, 'sh', ...names]);
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
