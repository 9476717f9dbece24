/**
 * A Debian machine in a folder: made by debootstrap, booted with its own systemd as the first process of
 * namespaces of its own, without a network. Needs root, debootstrap and a kernel that mounts cgroup2.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const FIRST = fileURLToPath(new URL('./pid-one.sh', import.meta.url));
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp', TERM: 'dumb', LANG: 'C.UTF-8' };
/** Where this kernel has the second version of control groups. */
const CGROUPS = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'];

export interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export class Machine implements AsyncDisposable {
  #systemd: ChildProcess | undefined;
  #pid = 0;
  readonly #group: string;

  constructor(
    readonly root: string,
    name: string,
  ) {
    const cgroups = CGROUPS.find((path) => existsSync(join(path, 'cgroup.procs')));
    if (!cgroups) throw new Error('this kernel has no cgroup2');
    this.#group = join(cgroups, `ds-backup-${process.pid}-${name}`);
  }

  /** Resolves when systemd has started what it starts. */
  async boot(): Promise<void> {
    mkdirSync(this.#group, { recursive: true });
    const console_ = openSync(`${this.root}.console`, 'a');
    const join_ = `echo 0 >'${join(this.#group, 'cgroup.procs')}'; exec "$@"`;
    const unshare = ['unshare', '-m', '-p', '-f', '-u', '-i', '-n', '-C', '--kill-child'];
    this.#systemd = spawn('sh', ['-c', join_, 'sh', ...unshare, 'sh', FIRST, this.root], {
      stdio: ['ignore', console_, console_],
    });
    closeSync(console_);
    const { pid } = this.#systemd;
    for (;;) {
      if (this.#systemd.exitCode !== null) throw new Error('the machine did not boot');
      const [child] = childrenOf(pid ?? 0);
      if (child !== undefined) this.#pid = child;
      const state = this.#pid ? this.run('systemctl', 'is-system-running').stdout.trim() : '';
      if (state === 'running' || state === 'degraded') return;
      await sleep(200);
    }
  }

  /** As the plug does it: everything is gone at once. */
  async powerOff(): Promise<void> {
    const systemd = this.#systemd;
    this.#systemd = undefined;
    if (!systemd || systemd.exitCode !== null || systemd.signalCode !== null) return;
    const gone = new Promise((resolve) => systemd.once('close', resolve));
    if (this.#pid) process.kill(this.#pid, 'SIGKILL');
    systemd.kill('SIGKILL');
    await gone;
    this.#pid = 0;
  }

  run(...command: string[]): Ran {
    const into = ['-t', String(this.#pid), '-m', '-p', '-u', '-i', '-n', '-C', '-r', '-w'];
    const ran = spawnSync('nsenter', [...into, ...command], { env: ENV, encoding: 'utf8' });
    return { exitCode: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  }

  sh(script: string): Ran {
    return this.run('sh', '-c', script);
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.root, path), content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerOff();
    for (let left = 50; left > 0 && existsSync(this.#group); left -= 1) {
      try {
        removeGroups(this.#group);
      } catch {
        await sleep(100); // its last processes are still going
      }
    }
    rmSync(this.root, { recursive: true, force: true });
    rmSync(`${this.root}.console`, { force: true });
  }
}

function removeGroups(group: string): void {
  const inner = execFileSync('find', [group, '-mindepth', '1', '-depth', '-type', 'd'], {
    encoding: 'utf8',
  });
  for (const path of inner.split('\n').filter(Boolean)) rmdirSync(path);
  rmdirSync(group);
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}
