/**
 * Runs the laptop's program so that a person sees it: its progress bar and its words as they come.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { distFolder } from '../../bundle/build.ts';
import { DsError } from '../../shared/errors.ts';
import type { Laptop } from '../school/laptop.ts';

/** Throws when the program does not end well. */
export async function runVisibly(laptop: Laptop, args: readonly string[]): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(distFolder, 'ds-backup.mjs'), ...args, '--progress', '--direct', ...laptop.where()],
    { env: laptop.env, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new DsError('internal', `ds-backup ${args.join(' ')} ended with ${code}`);
}
