/**
 * A real school server in a temporary folder: the built program, its own sshd on loopback.
 *
 * By default it runs as an ordinary user, also when the tests run as root: from a copy of `dist/`,
 * since that user may not be able to read the checkout.
 */
import { chmodSync, chownSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build, distFolder } from '../../bundle/build.ts';
import { type Daemon, startDaemon } from './processes.ts';

/** User ids that no account of the machine has: the service's, and the sessions' under root. */
const ORDINARY_UID = 64_998;
const SESSION_UID = 64_999;

export interface ServerOptions {
  /** `root` is only possible for tests run by root. */
  as?: 'ordinary' | 'root';
  /** TOML to add to its configuration, e.g. `[traffic]\nslots = 1`. */
  settings?: string;
  /** Where the library is to be, if not in the school's folder. */
  library?: string;
  /** An empty folder for library, state and completion, if not in the school's. */
  home?: string;
  /** Counts what laptops and server say to each other: they meet at forwarded ports. */
  wire?: { forward(port: number): Promise<number> };
  /** A module of ours that is loaded into the service before its program. */
  preload?: string;
}

export interface TestServer {
  /** `http://127.0.0.1:PORT` */
  url: string;
  sshPort: number;
  library: string;
  completion: string;
  state: string;
  configFile: string;
  /** Its log. */
  daemon: Daemon;
  /** Starts it again on the same ports, or with another one for SSH; `failpoint` is where it is to die. */
  start(failpoint?: string, newSshPort?: number): Promise<void>;
  /** Runs one `xs-backup` command to print. */
  command: string[];
}

export const runsAsRoot = process.getuid?.() === 0;

export async function startServer(folder: string, options: ServerOptions): Promise<TestServer> {
  await build();
  const home = options.home ?? join(folder, 'xs');
  const asRoot = options.as === 'root';
  if (asRoot && !runsAsRoot) throw new Error('this server needs tests run by root');
  const program = join(folder, 'program');
  cpSync(distFolder, program, { recursive: true });
  mkdirSync(home, { recursive: true });
  const library = options.library ?? join(home, 'library');
  const paths = { library, state: join(home, 'state'), completion: join(home, 'completion') };
  const configFile = join(home, 'config.toml');
  const sshPort = options.wire ? await freePort() : 0;
  const announcedPort = await options.wire?.forward(sshPort);
  const ssh = [...(asRoot ? [`uid = ${SESSION_UID}`] : [])];
  if (announcedPort) ssh.push(`announcedPort = ${announcedPort}`);
  writeFileSync(configFile, formatConfig(paths, ssh, options.settings ?? ''));
  chmodSync(configFile, 0o644);
  chmodSync(home, 0o755);
  if (runsAsRoot && !asRoot) {
    chownSync(home, ORDINARY_UID, ORDINARY_UID);
    if (options.library) chownSync(options.library, ORDINARY_UID, ORDINARY_UID);
  }
  const drop =
    runsAsRoot && !asRoot
      ? ['setpriv', `--reuid=${ORDINARY_UID}`, `--regid=${ORDINARY_UID}`, '--clear-groups']
      : [];
  const loaded = options.preload ? [import.meta.resolve('tsx'), options.preload] : [];
  const imports = loaded.flatMap((module) => ['--import', module]);
  const command = [...drop, process.execPath, ...imports, join(program, 'xs-backup.mjs')];

  let ports: { http: number; ssh: number } | undefined;
  const server: TestServer = {
    ...paths,
    ...{ url: '', sshPort: 0, configFile, command, daemon: undefined as unknown as Daemon },
    start: async (failpoint, newSshPort) => {
      if (ports && newSshPort) ports.ssh = newSshPort;
      const listen = ports
        ? ['--listen', `127.0.0.1:${ports.http}`, '--ssh-listen', `127.0.0.1:${ports.ssh}`]
        : ['--listen', '127.0.0.1:0', '--ssh-listen', `127.0.0.1:${sshPort}`];
      const [first = '', ...rest] = [...command, 'serve', '--config', configFile, ...listen];
      const env = { ...testEnvironment(), ...(failpoint && { DS_BACKUP_FAILPOINT: failpoint }) };
      server.daemon = startDaemon(first, rest, env);
      const line = await server.daemon.line(/^serving /);
      const [, http, ssh] = /httpPort=(\d+) sshPort=(\d+)/.exec(line) ?? [];
      const again = ports !== undefined;
      ports = { http: Number(http), ssh: Number(ssh) };
      if (again) return;
      const port = (await options.wire?.forward(ports.http)) ?? ports.http;
      server.url = `http://127.0.0.1:${port}`;
      server.sshPort = ports.ssh;
    },
  };
  await server.start();
  return server;
}

/** What every child of a test gets, and nothing more. */
export function testEnvironment(): NodeJS.ProcessEnv {
  const { PATH, DS_BACKUP_TEST_RUN } = process.env;
  return { PATH, LANG: 'C.UTF-8', ...(DS_BACKUP_TEST_RUN && { DS_BACKUP_TEST_RUN }) };
}

function formatConfig(paths: Record<string, string>, ssh: string[], more: string): string {
  const lines = Object.entries(paths).map(([key, value]) => `${key} = "${value}"`);
  // Tests make a year's backups in a minute; those about the cap set their own.
  const cap = more.includes('perDay') ? '' : '[retention]\nperDay = 100000\n';
  // What else the machine does must not turn a test's laptops away.
  const calm = more.includes('[traffic]') ? '' : '[traffic]\nadaptive = false\n';
  // Several schools are open on this machine at once.
  const https = more.includes('[https]') ? '' : '[https]\nlisten = "127.0.0.1:0"\n';
  return `${[...lines, '[ssh]', ...ssh].join('\n')}\n${cap}${calm}${https}${more}\n`;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
