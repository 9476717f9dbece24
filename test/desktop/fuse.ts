import { statSync } from 'node:fs';
import { canMount } from '../../agent/volume/mount.ts';
import { runsAsRoot } from '../school/server.ts';

/** Read and write, for everybody: what udev's rule for the device says. */
const FOR_ALL = 0o006;

/** Whether the child of a desktop may mount: she is not root when the tests are. */
export function childMayMount(): boolean {
  if (!canMount(process.env)) return false;
  return !runsAsRoot || (statSync('/dev/fuse').mode & FOR_ALL) === FOR_ALL;
}
