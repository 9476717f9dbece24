/**
 * Runs several fast test files in this one process, one after the other, and marks in the output
 * where each begins and ends. `node --import tsx test/runner/batch.ts FOLDER FILE…`
 *
 * Temporary files go to FOLDER, which is set here because tsx has what it compiled in the usual place.
 */
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { MARK } from './mark.ts';

// As uvu's own command does: files only register their tests, and exec() runs them.
const shared = globalThis as typeof globalThis & { UVU_DEFER: number; UVU_QUEUE: unknown[][] };
shared.UVU_DEFER = 1;
const { exec } = (await import('uvu')) as unknown as { exec(): Promise<void> };

const [folder = '', ...files] = process.argv.slice(2);
process.env.TMPDIR = folder;
for (const file of files) {
  const start = performance.now();
  writeSync(1, `${MARK}begin ${file}\n`);
  let well = true;
  try {
    shared.UVU_QUEUE = [[null]];
    await import(pathToFileURL(file).href);
    await exec();
    well = !process.exitCode;
  } catch (error) {
    well = false;
    process.stdout.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  }
  const ms = Math.round(performance.now() - start);
  writeSync(1, `${MARK}end ${well ? 'well' : 'badly'} ${ms}\n`);
}
process.exit(0); // what went wrong stands in the marks; what was left open is of no interest now
