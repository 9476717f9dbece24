/**
 * Whether this school has a class page: off until a teacher switches it on. Remembered in the library,
 * `.class-page.json`; a file that cannot be read means off.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inLibrary, type Paths } from '../storage/paths.ts';

const schema = v.object({ version: v.literal(1), on: v.boolean() });

export function isOn(paths: Paths): boolean {
  try {
    return v.parse(schema, JSON.parse(readFileSync(inLibrary(paths).classPage, 'utf8'))).on;
  } catch {
    return false;
  }
}

/** Durable when it returns. False if it was so already. */
export function switchTo(paths: Paths, on: boolean): boolean {
  if (isOn(paths) === on) return false;
  writeFileDurably(inLibrary(paths).classPage, `${JSON.stringify({ version: 1, on })}\n`, 0o640);
  return true;
}
