/**
 * The others: the original's way (rsync -a --delete, then cp -al on the server), restic and borg, all
 * through one loopback sshd of the bench's own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Daemon, startDaemon } from '../school/processes.ts';
import { freePort, testEnvironment } from '../school/server.ts';
import { add, type Contender, type Track, timed } from './contender.ts';
import type { Wire } from './wire.ts';

/** An sshd without limits, and an ssh_config that goes to it over the counted wire. */
export interface BenchSsh extends AsyncDisposable {
  /** For `ssh -F`. */
  config: string;
}

export async function startBenchSsh(folder: string, wire: Wire): Promise<BenchSsh> {
  mkdirSync(folder, { recursive: true });
  for (const name of ['host', 'key']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  }
  const publicKey = readFileSync(join(folder, 'key.pub'), 'utf8');
  const hostKey = readFileSync(join(folder, 'host.pub'), 'utf8');
  writeFileSync(join(folder, 'authorized_keys'), publicKey);
  writeFileSync(join(folder, 'known_hosts'), `bench ${hostKey}`);
  const port = await freePort();
  const server = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(folder, 'host')}`],
    ...[`AuthorizedKeysFile ${join(folder, 'authorized_keys')}`, 'StrictModes no', 'UsePAM no'],
    ...['PidFile none', 'Subsystem sftp internal-sftp', 'PermitRootLogin prohibit-password'],
  ];
  writeFileSync(join(folder, 'sshd_config'), `${server.join('\n')}\n`);
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const args = ['-D', '-e', '-f', join(folder, 'sshd_config')];
  const daemon: Daemon = startDaemon('/usr/sbin/sshd', args, testEnvironment());
  try {
    await daemon.line(/Server listening/);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  const config = join(folder, 'ssh_config');
  const client = [
    ...['Host bench', 'HostName 127.0.0.1', `Port ${await wire.forward(port)}`],
    ...[`User ${userInfo().username}`, `IdentityFile ${join(folder, 'key')}`],
    ...['IdentitiesOnly yes', 'StrictHostKeyChecking yes', 'GlobalKnownHostsFile /dev/null'],
    ...['HostKeyAlias bench', 'HostKeyAlgorithms ssh-ed25519'],
    ...[`UserKnownHostsFile ${join(folder, 'known_hosts')}`, 'BatchMode yes', 'LogLevel ERROR'],
    'KexAlgorithms curve25519-sha256', // the same for all, ours included
  ];
  writeFileSync(config, `${client.join('\n')}\n`);
  return { config, [Symbol.asyncDispose]: () => daemon.stop() };
}

export function original(track: Track, ssh: BenchSsh): Contender {
  const { folder } = track;
  const { source, serverFolder, target } = places(folder);
  const env = testEnvironment();
  const current = join(serverFolder, 'datastore-current');
  let snapshots = 0;
  return {
    ...{ source, serverFolder },
    backup: async () => {
      const shell = ['-e', `ssh -F ${ssh.config}`];
      const rsync = ['rsync', '-a', '--delete', ...shell, `${source}/`, `bench:${current}/`];
      const sent = await timed(track, rsync, env);
      snapshots += 1;
      const copy = ['cp', '-al', current, join(serverFolder, `datastore-${snapshots}`)];
      const kept = await timed(track, copy, env);
      return add(sent, { ...kept, clientCpuS: 0 }); // the copy is the server's work
    },
    restore: () => {
      const shell = ['-e', `ssh -F ${ssh.config}`];
      return timed(track, ['rsync', '-a', ...shell, `bench:${current}/`, `${target}/`], env);
    },
    restored: () => target,
    [Symbol.asyncDispose]: async () => {},
  };
}

export function restic(track: Track, ssh: BenchSsh): Contender {
  const { folder } = track;
  const { source, serverFolder, target } = places(folder);
  const env = { ...testEnvironment(), HOME: folder, RESTIC_PASSWORD: 'bench' };
  const command = `sftp.command=ssh -F ${ssh.config} bench -s sftp`;
  const base = ['restic', '-q', '-r', `sftp:bench:${serverFolder}`, '-o', command];
  const options = ['--cache-dir', join(folder, 'cache')];
  execFileSync('restic', [...base.slice(1), ...options, 'init'], { env, stdio: 'ignore' });
  return {
    ...{ source, serverFolder },
    backup: () => timed(track, [...base, ...options, 'backup', '.'], env, source),
    restore: () =>
      timed(track, [...base, ...options, 'restore', 'latest', '--target', target], env),
    restored: () => target,
    [Symbol.asyncDispose]: async () => {},
  };
}

export function borg(track: Track, ssh: BenchSsh): Contender {
  const { folder } = track;
  const { source, serverFolder, target } = places(folder);
  const repository = `ssh://bench${join(serverFolder, 'repository')}`;
  const env = {
    ...{ ...testEnvironment(), HOME: folder, BORG_RSH: `ssh -F ${ssh.config}` },
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
  };
  execFileSync('borg', ['init', '-e', 'none', repository], { env, stdio: 'ignore' });
  let archives = 0;
  return {
    ...{ source, serverFolder },
    backup: () => {
      archives += 1;
      const create = ['borg', 'create', '-C', 'zstd,3', `${repository}::a${archives}`, '.'];
      return timed(track, create, env, source);
    },
    restore: () => timed(track, ['borg', 'extract', `${repository}::a${archives}`], env, target),
    restored: () => target,
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Empty folders for a contender: what it backs up, what it keeps, where it restores to. */
export function places(folder: string) {
  rmSync(folder, { recursive: true, force: true });
  const source = join(folder, 'source');
  const serverFolder = join(folder, 'server');
  const target = join(folder, 'target');
  for (const path of [source, serverFolder, target]) mkdirSync(path, { recursive: true });
  if (readdirSync(target).length > 0) throw new Error(`${target} is not empty`);
  return { source, serverFolder, target };
}
