/** The file systems on which a school's or a laptop's disk is cut off. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface FileSystem {
  name: string;
  megabytes: number;
  make: readonly string[];
  /** For `mount`. Those with `commit=1` write back after a second what others keep for thirty. */
  options: string;
}

const FILE_SYSTEMS: readonly FileSystem[] = [
  { name: 'ext4', megabytes: 96, make: ['mkfs.ext4', '-q', '-F'], options: 'commit=1' },
  { name: 'xfs', megabytes: 300, make: ['mkfs.xfs', '-q', '-f'], options: 'nouuid' },
  { name: 'btrfs', megabytes: 256, make: ['mkfs.btrfs', '-q', '-f'], options: 'commit=1' },
];

/** Those that this machine can make and mount; prints why the others are left out. */
export function fileSystems(): FileSystem[] {
  return FILE_SYSTEMS.filter((one) => {
    const reason = whyNot(one);
    if (reason) process.stdout.write(`${one.name} is left out: ${reason}\n`);
    return reason === undefined;
  });
}

function whyNot({ name, make: [program = ''] }: FileSystem): string | undefined {
  const known = readFileSync('/proc/filesystems', 'utf8').split(/\s+/).includes(name);
  if (!known && spawnSync('modprobe', [name]).status !== 0) return 'the kernel does not know it';
  if (spawnSync(program, ['-V']).error) return `there is no ${program}`;
  return undefined;
}

/** Makes one in the file `disk`. */
export function makeFileSystem({ make, megabytes }: FileSystem, disk: string): void {
  execFileSync('truncate', ['-s', `${megabytes}M`, disk]);
  const [program = '', ...options] = make;
  execFileSync(program, [...options, disk]);
}

/** Mounts the file `disk` at `place` by a loop device, which goes with the mount. */
export function mountDisk({ name, options }: FileSystem, disk: string, place: string): void {
  execFileSync('mount', ['-t', name, '-o', `loop,${options}`, disk, place]);
}

/** All that was written there is on the disk. */
export function syncDisk(...places: string[]): void {
  execFileSync('sync', ['-f', ...places]);
}

export function unmount(place: string): void {
  execFileSync('umount', [place]);
}
