/** Repositories of each kind that a school may have, made for a test. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { waitFor } from '../../runner/patience.ts';

export interface Repository extends AsyncDisposable {
  /** For `[offsite]`, as TOML. */
  settings: string;
  /** Cuts the connection, and makes it again. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** The folder in which all of it is. */
  folder: string;
}

const nothing = async () => {};

export async function folderRepository(folder: string): Promise<Repository> {
  const settings = `repository = "${folder}"`;
  return { settings, folder, stop: nothing, start: nothing, [Symbol.asyncDispose]: nothing };
}

/** A real sshd, which ssh starts for each connection: no port is taken. */
export async function sftpRepository(folder: string): Promise<Repository> {
  mkdirSync(folder, { recursive: true });
  mkdirSync('/run/sshd', { recursive: true });
  const at = (name: string) => `${folder}.${name}`;
  for (const key of ['host', 'key']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
  }
  writeFileSync(
    at('sshd'),
    [
      ...[`HostKey ${at('host')}`, `AuthorizedKeysFile ${at('key')}.pub`, 'StrictModes no'],
      ...['UsePAM no', 'PidFile none', 'Subsystem sftp internal-sftp', ''],
    ].join('\n'),
  );
  const proxy = (command: string) =>
    writeFileSync(
      at('ssh'),
      [
        ...['Host *', `User ${userInfo().username}`, `IdentityFile ${at('key')}`],
        ...['StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null', 'LogLevel ERROR'],
        ...['BatchMode yes', `ProxyCommand ${command}`, ''],
      ].join('\n'),
    );
  const start = async () => proxy(`/usr/sbin/sshd -i -f ${at('sshd')}`);
  await start();
  const settings = [
    `repository = "sftp:away:${folder}/repository"`,
    `sftpCommand = "ssh -F ${at('ssh')} away -s sftp"`,
  ].join('\n');
  const stop = async () => proxy('false');
  return { settings, start, stop, folder: `${folder}/repository`, [Symbol.asyncDispose]: nothing };
}

/** Debian's rclone speaks the protocol of restic's REST server; nothing can be erased through it. */
export async function restRepository(folder: string): Promise<Repository> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  let ended: (() => Promise<void>) | undefined;
  const start = async () => {
    const address = `127.0.0.1:${port}`;
    const args = ['serve', 'restic', '--append-only', '--addr', address, folder];
    const child = spawn('rclone', args, { stdio: 'ignore' });
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    ended = async () => {
      child.kill();
      await closed;
    };
    await waitFor('the REST server', () =>
      fetch(`http://${address}/`).then(
        () => true,
        () => false,
      ),
    );
  };
  const stop = async () => {
    await ended?.();
    ended = undefined;
  };
  await start();
  const settings = `repository = "rest:http://127.0.0.1:${port}/"`;
  return { settings, folder, start, stop, [Symbol.asyncDispose]: stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
