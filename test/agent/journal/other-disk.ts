/**
 * A folder on another file system than the temporary folder, where this machine has one.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OTHERS = ['/dev/shm', '/var/tmp', '/tmp'];

const device = (path: string): number => (existsSync(path) ? statSync(path).dev : 0);
const other = OTHERS.find((path) => ![0, device(tmpdir())].includes(device(path)));

export const HAS_OTHER_DISK = other !== undefined;

/** An empty folder there. Throws where `HAS_OTHER_DISK` is false. */
export function onOtherDisk(): { path: string } & Disposable {
  if (!other) throw new Error('this machine has one file system only');
  const path = mkdtempSync(join(other, 'ds-agent-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
