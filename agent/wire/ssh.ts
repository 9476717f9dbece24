/**
 * The one SSH connection of a run: a single `ssh` process that is the control channel (HTTP over its
 * stdin and stdout) and the master over which the rsync children go.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { DsError } from '../../shared/errors.ts';
import type { EnrolAnswer } from '../../shared/protocol/messages.ts';
import { makeTemporaryFolder } from '../../shared/system/temporary-folder.ts';
import type { Context } from '../context.ts';
import { HOST_ALIAS, untrustedServer } from './host-key.ts';

export interface Connection extends AsyncDisposable {
  /** Its only socket is the control channel. */
  agent: Agent;
  /** rsync's `-e`: no spaces in any of its words. */
  remoteShell: string;
  /** What the server is called in `rsync … HOST:place`. */
  host: string;
  /**
   * Resolves when rsync can go over this connection, or when the connection has failed. An rsync that
   * is started earlier opens a connection of its own, which is twice the work for both sides.
   */
  ready(): Promise<void>;
  /** Starts closing it, before it is disposed of: that takes a while. */
  beginClose(): void;
  /** Why the connection is gone; undefined while it works. Waits a little for the rest of stderr. */
  failure(): Promise<DsError | undefined>;
}

/** How long to try an address that does not answer, in seconds. */
const CONNECT_SECONDS = 15;
/** How often to look for the master's socket, in milliseconds; it appears after some fifty. */
const READY_MS = 4;
/** How long to wait for the rest of ssh's stderr, in milliseconds. */
const LAST_OUTPUT_MS = 1500;
/** How long ssh may take to end after SIGTERM, in milliseconds, before it is killed. */
const END_MS = 2000;
/** Unix socket paths have 107 bytes, of which ssh takes 17 for a temporary name. */
const MAX_FOLDER_LENGTH = 60;

export interface ConnectionOptions {
  /** Origin of the school server, e.g. `http://schoolserver`. */
  server: string;
  /** Where its sshd listens and as whom to log in. */
  enrolment: EnrolAnswer;
  /** Called when the server does not accept our key any more. */
  onKeyRefused: () => void;
  /** Called when the server could not be reached, or was lost. */
  onUnreachable: () => void;
}

/** Starts connecting and returns at once; the first request shows whether it worked. */
export function connect(
  context: Context,
  { server, enrolment, onKeyRefused, onUnreachable }: ConnectionOptions,
): Connection {
  const { env, signal, paths } = context;
  signal.throwIfAborted();
  const folder = makeShortFolder(env, (made) => {
    // Paths with spaces or per cent signs cannot be quoted in all versions of ssh; links can.
    giveKey(paths.key, join(made, 'key'));
    symlinkSync(paths.knownHosts, join(made, 'known_hosts'));
    writeFileSync(configIn(made), formatSshConfig(made, new URL(server).hostname, enrolment));
  });
  const config = configIn(folder);
  const args = ['-F', config, '-o', 'ControlMaster=yes', '-T', HOST_ALIAS, 'api'];
  const child = spawn('ssh', args, { env, stdio: 'pipe' });
  const channel = new Channel(child);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= endChild(child, channel);
    return closing;
  };
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });

  const failure = async () => {
    if (!channel.destroyed && !channel.readableEnded) return undefined;
    await Promise.race([channel.ended, sleep(LAST_OUTPUT_MS)]);
    const { exitCode } = child;
    const error = explainSsh(exitCode, channel.stderrTail, server);
    if (error.code === 'not-registered') onKeyRefused();
    if (error.code === 'server-unreachable') onUnreachable();
    return error;
  };
  return {
    agent: agentFor(channel),
    remoteShell: `ssh -F ${config}`,
    host: HOST_ALIAS,
    ready: () => untilListening(channel, folder),
    beginClose: () => void close(),
    failure,
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', stop);
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What ssh's exit code and the end of its stderr mean. */
export function explainSsh(exitCode: number | null, stderrTail: string, server: string): DsError {
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION/i.test(stderrTail)) {
    return untrustedServer();
  }
  // sshd names the ways in; the same words about a file mean something else.
  if (/Permission denied \([a-z,-]*\)/i.test(stderrTail)) {
    return new DsError('not-registered', 'the school server does not accept our key any more', {
      hint: 'try again: this laptop enrols again, and a teacher may have to approve it',
    });
  }
  if (/ENOENT/.test(stderrTail)) {
    return new DsError('missing-tool', 'ssh is not installed', {
      hint: 'install the Debian package openssh-client',
    });
  }
  const refused = /ds-backup: refused: (.*)/.exec(stderrTail)?.[1];
  if (refused) return new DsError('server-refused', `the school server refuses: ${refused}`);
  const last = stderrTail.trim().split('\n').at(-1) || `ssh ended with exit code ${exitCode}`;
  return new DsError('server-unreachable', `the connection to ${server} is gone: ${last}`, {
    hint: 'the next run goes on where this one stopped',
    retry: true,
  });
}

const configIn = (folder: string) => join(folder, 'config');

/** A private folder with a path short enough for a socket in it, and without spaces, once `fill` was done. */
function makeShortFolder(env: NodeJS.ProcessEnv, fill: (folder: string) => void): string {
  const runtime = env.XDG_RUNTIME_DIR ?? '';
  const usable = /^\/[\w./-]+$/.test(runtime) && runtime.length <= MAX_FOLDER_LENGTH;
  for (const parent of usable ? [runtime, '/tmp'] : ['/tmp']) {
    let folder = '';
    try {
      folder = makeTemporaryFolder(parent, 'dsb');
      fill(folder);
      return folder;
    } catch (error) {
      if (folder) rmSync(folder, { recursive: true, force: true });
      if (parent === '/tmp') throw error;
    }
  }
  throw new DsError('internal', 'there is no folder for a socket');
}

/**
 * ssh leaves a key alone that others may read, and the server then seems to refuse it. Where a file system has
 * no such modes, ssh is given a copy.
 */
function giveKey(key: string, target: string): void {
  const isOpen = () => ((statSync(key, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0;
  try {
    if (isOpen()) chmodSync(key, 0o600);
  } catch {
    // not ours to change
  }
  if (isOpen()) {
    copyFileSync(key, target);
    chmodSync(target, 0o600);
  } else symlinkSync(key, target);
}

function formatSshConfig(folder: string, hostName: string, enrolment: EnrolAnswer): string {
  const lines = {
    HostName: hostName.replace(/^\[|\]$/g, ''),
    HostKeyAlias: HOST_ALIAS,
    Port: enrolment.sshPort,
    User: enrolment.login,
    ControlPath: socketIn(folder),
    ControlPersist: 'no',
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: join(folder, 'known_hosts'),
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    HostKeyAlgorithms: 'ssh-ed25519',
    KexAlgorithms: 'curve25519-sha256', // 80 ms faster than the default of OpenSSH 9 (measured)
    PreferredAuthentications: 'publickey',
    IdentityFile: join(folder, 'key'),
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    ConnectTimeout: CONNECT_SECONDS,
    ServerAliveInterval: 15,
    ServerAliveCountMax: 4,
    Compression: 'no', // rsync compresses better
    ForwardAgent: 'no',
    ForwardX11: 'no',
    LogLevel: 'ERROR',
  };
  const settings = Object.entries(lines).map(([name, value]) => `  ${name} ${value}\n`);
  return `Host ${HOST_ALIAS}\n${settings.join('')}`;
}

/** The master's socket, by which other ssh processes use its connection. */
const socketIn = (folder: string) => join(folder, 's');

/** Gives up in the end: an ssh that cannot listen still has its control channel. */
async function untilListening(channel: Channel, folder: string): Promise<void> {
  const end = performance.now() + CONNECT_SECONDS * 1000;
  while (!existsSync(socketIn(folder)) && !channel.destroyed && performance.now() < end) {
    await sleep(READY_MS);
  }
}

/** Gives node:http the channel as its only socket; when that is gone there is no second one. */
function agentFor(channel: Channel): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
  let taken = false;
  agent.createConnection = (_options, give) => {
    if (taken) channel.destroy();
    taken = true;
    // A destroyed socket emits nothing more, and the request would wait for ever.
    if (channel.destroyed) process.nextTick(() => give?.(new Error('ssh has ended'), channel));
    else return channel as unknown as ReturnType<Agent['createConnection']>;
    return undefined;
  };
  return agent;
}

/** SIGTERM, then SIGKILL: whatever was asked over it has been answered, or is not wanted any more. */
async function endChild(child: ChildProcessWithoutNullStreams, channel: Channel): Promise<void> {
  channel.destroy();
  const done = channel.ended;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    child.kill(signal);
    const timer = new AbortController();
    const patience = sleep(END_MS, 'late', { signal: timer.signal }).catch(() => 'stopped');
    const winner = await Promise.race([done, patience]);
    timer.abort();
    if (winner !== 'late') return;
  }
}

/** The child's stdin and stdout as one stream, with what node:http asks of a socket. */
class Channel extends Duplex {
  /** The last 4 KiB that ssh and the server's session wrote to stderr. */
  stderrTail = '';
  /** Resolves when ssh has ended and its output is complete. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(child: ChildProcessWithoutNullStreams) {
    super();
    this.#child = child;
    child.stdout.on('data', (piece: Buffer) => {
      if (!this.push(piece)) child.stdout.pause();
    });
    child.stdout.on('end', () => this.push(null));
    child.stdin.on('error', () => {}); // stderr and the exit code say why
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderrTail = (this.stderrTail + text).slice(-4096);
    });
    this.on('error', () => {}); // node:http fails the request that is under way
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.stderrTail += String(error);
        resolve();
        this.destroy();
      });
      child.once('close', () => {
        resolve();
        this.destroy();
      });
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(piece: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(piece, (error) => done(error));
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.stdin.end();
    done(error);
  }

  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  destroySoon(): void {
    this.destroy();
  }
}
