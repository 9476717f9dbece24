/**
 * This machine as it is, to be changed and thrown away: a layer over `/` in which packages are really installed.
 * Each script runs in a mount namespace of its own, so that no mount outlives it. Needs root and overlayfs.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Mounts the layer, makes it the root and runs what follows there; without a network. */
const INSIDE = `set -e
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs tmpfs "$1/root/run"
mkdir -p "$1/root$2"
mount --bind "$2" "$1/root$2"
exec chroot "$1/root" sh -c "$3"`;

const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', TERM: 'dumb' };

export class Throwaway implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ds-throwaway-'));

  /** `shared`: a folder that is the same inside. */
  constructor(readonly shared: string) {
    for (const name of ['upper', 'work', 'root']) mkdirSync(join(this.#folder, name));
  }

  /** Whether this machine lets one be made. */
  static isPossible(): boolean {
    if (process.getuid?.() !== 0) return false;
    const folder = mkdtempSync(join(tmpdir(), 'ds-shared-'));
    try {
      using machine = new Throwaway(folder);
      return machine.sh('command -v apt-get dpkg-deb').exitCode === 0;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  sh(script: string, env: NodeJS.ProcessEnv = {}): Ran {
    const namespaces = ['-m', '-n', '-p', '-f', '--kill-child', '--propagation', 'private'];
    const inside = ['sh', '-c', INSIDE, 'sh', this.#folder, this.shared, script];
    const options = { env: { ...ENV, ...env }, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('unshare', [...namespaces, ...inside], options);
    return { exitCode: status, stdout, stderr };
  }

  /** What it printed; throws where it ends with anything but 0. */
  must(script: string, env: NodeJS.ProcessEnv = {}): string {
    const { exitCode, stdout, stderr } = this.sh(script, env);
    if (exitCode === 0) return stdout;
    throw new Error(`${script}: ${exitCode}\n${stdout}${stderr}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
