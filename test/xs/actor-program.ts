/**
 * A test's program as one JavaScript file, packages included: a process that starts in a tenth of the time,
 * for tests that start tens of them. Made once a test file, and removed at its end.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { CJS_NAMES, EXTERNAL } from '../../bundle/build.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ActorProgram extends Disposable {
  /** What to give to `process.execPath`. */
  path: string;
}

/** Bundles the actor, or another program below `test/`. */
export async function makeActor(source = 'xs/actor.ts'): Promise<ActorProgram> {
  const folder = join(root, 'node_modules', '.cache', 'ds-backup');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `actor-${process.pid}.mjs`);
  await esbuild.build({
    entryPoints: [join(root, 'test', source)],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    ...{ external: EXTERNAL, banner: { js: CJS_NAMES } },
    logLevel: 'silent',
  });
  return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
}
