/**
 * Mounts that end with their test, also when it fails or is killed: the test file runs once more in a mount
 * namespace of its own. A loop device goes with its mount.
 */
import { spawnSync } from 'node:child_process';

const MARK = 'DS_BACKUP_OWN_MOUNTS';

/** Whether file systems can be mounted here. Called by a test file before anything else; returns in the inner run. */
export function inOwnMounts(): boolean {
  if (process.getuid?.() !== 0) return false;
  if (process.env[MARK] === '1') return true;
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const inside = spawnSync('unshare', ['--mount', ...words], {
    ...{ stdio: 'inherit', env: { ...process.env, [MARK]: '1' } },
  });
  if (inside.error) return false;
  process.exit(inside.status ?? 1);
}
