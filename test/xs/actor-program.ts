/**
 * The actor as one JavaScript file: a process that starts in a fifth of a second, for tests that start
 * hundreds of them. Made once a test file, and removed at its end.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ActorProgram extends Disposable {
  /** What to give to `process.execPath`. */
  path: string;
}

export async function makeActor(): Promise<ActorProgram> {
  const folder = join(root, 'node_modules', '.cache', 'ds-backup');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `actor-${process.pid}.mjs`);
  await esbuild.build({
    entryPoints: [join(root, 'test/xs/actor.ts')],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external', // they lie in the folder above
    logLevel: 'silent',
  });
  return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
}
