/**
 * Which boot of the laptop this is: what was written shortly before another one began may be lost.
 */
import { readFileSync } from 'node:fs';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

export function readBootId(): string {
  return readFileSync(BOOT_ID, 'latin1').trim();
}
