/**
 * The embedded SSH server: the system's sshd with its own configuration, host key, user names and port.
 * It does not need root: nss_wrapper (of the Samba project) shows it a passwd file in which the serials,
 * the login names of original clients, are names of one user.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { makeKeyFile, readKeyFile } from '../../shared/ssh/key-file.ts';
import {
  replaceFileIfChanged,
  writeFileDurably,
  writeFileIfChanged,
} from '../../shared/system/files.ts';
import type { Faults } from '../ground/faults.ts';
import type { Address } from '../setting-values.ts';
import type { Ownership } from '../storage/ownership.ts';
import { hostKey, hostKeyPublic, inState, oldHostKey, type Paths } from '../storage/paths.ts';
import { SSHD, sshdConfig } from './sshd-config.ts';

const NSS_WRAPPER = 'libnss_wrapper.so';
/** Time for sshd to open its port, on a busy machine too, and for its sessions to end, in milliseconds. */
const START_MS = 60_000;
const STOP_MS = 3000;
/** The pause before it is started again, doubled each time up to the longest, in milliseconds. */
const AGAIN_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

export interface SshdOptions {
  paths: Paths;
  ownership: Ownership;
  listen: Address;
  /** Login name of our agents. */
  user: string;
  log: Log;
  /** Knows while it does not run. */
  faults: Faults;
}

export interface Sshd extends AsyncDisposable {
  port: number;
  /** `ssh-ed25519 …`: the key that laptops pin. */
  hostKey: string;
  /** Makes these serials login names. */
  setLogins(serials: readonly Serial[]): void;
}

/**
 * Starts sshd and resolves when it listens. If it does not, or ends by itself, it is started again, and `faults`
 * knows. Throws `missing-tool`, and `damaged` for a host key that nothing can mend: no laptop would speak with
 * another one.
 */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const files = inState(options.paths);
  checkTools();
  const port = options.listen.port || (await freePort(options.listen.host));
  const setLogins = (serials: readonly Serial[]) => {
    replaceFileIfChanged(files.passwd, formatPasswd(options, serials));
  };
  if (!existsSync(files.passwd)) setLogins([]);
  writeFileIfChanged(files.group, `ds-session:x:${options.ownership.sessionGid}:\n`, 0o644);
  const env = wrapperEnvironment(options);
  if (options.ownership.ownUid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const hostKey = await ensureHostKey(options, env);
  await ensureOldHostKey(options, env);
  writeFileIfChanged(
    files.sshdConfig,
    await sshdConfig(options.paths, { host: options.listen.host, port, env }),
    0o644,
  );

  let running: Running | undefined;
  let stopping = false;
  let pause: NodeJS.Timeout | undefined;
  const begin = async (delay: number) => {
    try {
      const next = await launch(options, port, env);
      if (stopping) return await stop(next);
      running = next;
      options.faults.clear('sessions');
      void next.ended.then(() => {
        if (stopping) return;
        options.faults.note('sessions', new Error('sshd ended; it is started again'));
        again(AGAIN_MS);
      });
    } catch (error) {
      if (stopping) return;
      options.faults.note('sessions', error);
      again(Math.min(2 * delay, LONGEST_PAUSE_MS));
    }
  };
  let beginning: Promise<void> | undefined;
  const again = (delay: number) => {
    pause = setTimeout(() => {
      beginning = begin(delay);
    }, delay);
  };
  await begin(AGAIN_MS);
  const dispose = async () => {
    stopping = true;
    clearTimeout(pause);
    await beginning;
    if (running) await stop(running);
  };
  return { port, hostKey, setLogins, [Symbol.asyncDispose]: dispose };
}

interface Running {
  child: ChildProcess;
  ended: Promise<void>;
}

/** Resolves when it says that it listens: whoever else has the port does not say so here. */
async function launch(
  { paths, log }: SshdOptions,
  port: number,
  env: NodeJS.ProcessEnv,
): Promise<Running> {
  // pdeathsig: when the service is killed, its port is free for the next one.
  const command = ['--pdeathsig', 'TERM', SSHD, '-D', '-e', '-f', inState(paths).sshdConfig];
  const child = spawn('/usr/bin/setpriv', command, {
    detached: true, // a process group of its own, so that stopping reaches the sessions as well
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const said: string[] = [];
  const listens = new Promise<true>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      logLine(log, line);
      if (/^(error|fatal):/.test(line)) said.push(line);
      if (/^Server listening on /.test(line)) resolve(true);
    });
  });
  const tooLong = new AbortController();
  try {
    const late = sleep(START_MS, undefined, { signal: tooLong.signal }).catch(() => undefined);
    if (await Promise.race([listens, ended, late])) return { child, ended };
  } finally {
    tooLong.abort();
  }
  await stop({ child, ended });
  const why = said.length > 0 ? `: ${said.join(' ')}` : '';
  throw new DsError('internal', `sshd does not open port ${port}${why}`, {
    hint: 'the port may be in use by another program; the lines above are from sshd',
  });
}

function checkTools(): void {
  for (const tool of [SSHD, '/usr/bin/bwrap', '/usr/bin/rsync', '/usr/bin/socat']) {
    if (existsSync(tool)) continue;
    throw new DsError('missing-tool', `${tool} is not installed`, {
      hint: 'run bundle/setup.sh, or: apt-get install openssh-server bubblewrap rsync socat',
    });
  }
  const probe = execFileSync('/bin/sh', ['-c', 'true 2>&1'], {
    env: { LD_PRELOAD: NSS_WRAPPER },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (probe.includes('cannot be preloaded')) {
    throw new DsError('missing-tool', 'nss_wrapper is not installed', {
      hint: 'run bundle/setup.sh, or: apt-get install libnss-wrapper',
    });
  }
}

/** Makes OpenSSH's programs read our passwd file; the service's user needs no account. */
function wrapperEnvironment({ paths }: SshdOptions): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LD_PRELOAD: NSS_WRAPPER,
    NSS_WRAPPER_PASSWD: inState(paths).passwd,
    NSS_WRAPPER_GROUP: inState(paths).group,
  };
}

/** Generates the key in a new library only: every laptop has pinned the existing one. */
async function ensureHostKey(
  { paths, ownership, log, faults }: SshdOptions,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const file = hostKey(paths);
  // Without root, the owner must be this user.
  takeKey(ownership, file);
  let found = await readKeyFile(file, { env });
  const { hostKeyCopy } = inState(paths);
  if (typeof found === 'string') {
    const spare = await readKeyFile(hostKeyCopy, { env });
    if (typeof spare !== 'string') {
      log.warn('host-key-mended', { path: file });
      writeFileDurably(file, readFileSync(hostKeyCopy), 0o600);
      found = spare;
    }
  }
  if (found === 'damaged') {
    throw new DsError('damaged', `${file} is not a valid private key`, {
      hint:
        'restore it from a copy of the library; remove it only if there is none: a new key is generated, ' +
        'and every laptop has to accept the server as a new one',
    });
  }
  const line = found === 'absent' ? await makeKeyFile(file, '', { env }) : found.line;
  faults.attempt('library', () => writeFileIfChanged(hostKeyPublic(paths), `${line}\n`));
  faults.attempt('state', () => writeFileIfChanged(hostKeyCopy, readFileSync(file), 0o600));
  return line;
}

/**
 * The ssh of an XO (before OpenSSH 6.5) does not know ed25519. It accepts any key of the server, so a
 * damaged one is replaced; our agents accept the ed25519 key only.
 */
async function ensureOldHostKey(
  { paths, ownership, log, faults }: SshdOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const file = oldHostKey(paths);
  takeKey(ownership, file);
  const found = await readKeyFile(file, { env }, 'ssh-rsa');
  if (found === 'damaged') log.warn('old-host-key-replaced', { path: file });
  if (typeof found !== 'string') return;
  await makeKeyFile(file, '', { env }, 'ssh-rsa').catch((error: Error) => {
    faults.note('library', error);
  });
}

/** The library may have been copied by another user. */
function takeKey({ ownUid }: Ownership, file: string): void {
  const owner = lstatSync(file, { throwIfNoEntry: false })?.uid ?? 0;
  if (ownUid === 0 && owner !== 0) chownSync(file, 0, 0);
}

function formatPasswd({ ownership, user }: SshdOptions, serials: readonly Serial[]): string {
  const session = (name: string) =>
    `${name}:x:${ownership.sessionUid}:${ownership.sessionGid}::/:/bin/sh\n`;
  // sshd wants its own user, and root when it is root.
  const system =
    'root:x:0:0:root:/:/usr/sbin/nologin\nsshd:x:65534:65534::/run/sshd:/usr/sbin/nologin\n';
  return system + [user, ...serials].map(session).join('');
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function stop({ child, ended }: Running): Promise<void> {
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // already gone
    }
  };
  kill('SIGTERM');
  const timer = setTimeout(() => kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** Logs only who connected and what went wrong. */
function logLine(log: Log, line: string): void {
  if (/^(Accepted|Unable to negotiate|error:|fatal:|ds-backup:)/.test(line))
    log.info('sshd', { line });
}
