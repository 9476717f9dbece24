/**
 * What is shipped beside the programs, judged by those that it is for: lintian, nginx, Apache, rpm and
 * Ansible. The examples for web servers are not only read: a request goes through each.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { distFolder } from '../../bundle/build.ts';
import { root } from '../tree.ts';
import { step } from './looks.ts';

const SERVER = join(root, 'bundle/server');
/** Asked through the web server → arrives with the same letters; the last are not ours. */
const OURS = [
  '/backup/1/SHC00800000',
  '/ds-restore/class/a%20b?day=2026-11-22&name=%C3%A9%2F',
  '/ds-restore',
  '/xs-backup/laptops/x%25y',
];
const OTHERS = ['/', '/moodle/backup/', '/backups'];
const MODULES = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'headers'];

export async function checkShipped(packages: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-backup-checks-'));
  chmodSync(folder, 0o755); // the web servers' own users look into it
  try {
    const judged = ran('lintian', ['--allow-root', '--fail-on', 'error', ...packages]);
    assert.is(judged.status, 0, judged.said);
    process.stdout.write(judged.said.replace(/^/gm, '    ').trimEnd().concat('\n'));
    step(`lintian finds no error in ${packages.length} packages`);
    await throughNginx(folder);
    await throughApache(folder);
    rpmIsWhole(folder);
    const role = ['--offline', '-c', 'bundle/iiab/.ansible-lint', 'bundle/iiab/roles/xs_backup'];
    const linted = ran('ansible-lint', role);
    assert.is(linted.status, 0, linted.said);
    step('ansible-lint finds nothing in the role for Internet-in-a-Box');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ran(command: string, args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, said: error ? String(error) : stdout + stderr };
}

async function throughNginx(folder: string): Promise<void> {
  const port = await freePort();
  await using behind = await listen();
  const example = join(folder, 'example.conf');
  writeFileSync(example, pointedTo(behind.port, 'nginx.conf'));
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr crit; worker_processes 1; events {}
http { access_log off; server { listen 127.0.0.1:${port}; root ${folder}; include ${example}; } }\n`,
  );
  const tried = ran('nginx', ['-t', '-c', config]);
  assert.is(tried.status, 0, tried.said);
  await requestsThrough('nginx', ['-c', config], port, behind);
  step('nginx takes its example, and requests come through it as they were asked');
}

async function throughApache(folder: string): Promise<void> {
  const port = await freePort();
  await using behind = await listen();
  const example = join(folder, 'apache-example.conf');
  writeFileSync(example, pointedTo(behind.port, 'apache.conf'));
  const loaded = MODULES.map(
    (one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so`,
  );
  const config = join(folder, 'apache.conf');
  writeFileSync(
    config,
    `${loaded.join('\n')}
ServerRoot ${folder}\nServerName localhost\nListen 127.0.0.1:${port}\nPidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}\nErrorLog /dev/stderr\nLogLevel crit\nUser nobody\nGroup nogroup
<VirtualHost *:${port}>\nDocumentRoot ${folder}\nInclude ${example}\n</VirtualHost>\n`,
  );
  const tried = ran('apache2', ['-t', '-f', config]);
  assert.is(tried.status, 0, tried.said);
  await requestsThrough('apache2', ['-D', 'FOREGROUND', '-f', config], port, behind);
  step('Apache takes its example, and requests come through it as they were asked');
}

/** The example as it is shipped, but for the port behind it. */
function pointedTo(port: number, name: string): string {
  const text = readFileSync(join(SERVER, name), 'utf8');
  assert.match(text, '127.0.0.1:8080');
  return text.replace('127.0.0.1:8080', `127.0.0.1:${port}`);
}

async function requestsThrough(
  command: string,
  args: readonly string[],
  port: number,
  behind: Behind,
): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    for (const path of OURS) {
      assert.is(await ask(child, port, path), 200, path);
      const { url, headers } = behind.asked.at(-1) ?? {};
      assert.is(url, path);
      assert.is(headers?.host, 'schoolserver');
      assert.is(headers?.['x-forwarded-for'], '10.9.8.7, 127.0.0.1');
      assert.is(headers?.['x-forwarded-proto'], 'http', 'whatever the asker says');
    }
    const before = behind.asked.length;
    for (const path of OTHERS) assert.is.not(await ask(child, port, path), 200, path);
    assert.is(behind.asked.length, before, 'what is not ours stays with the web server');
  } finally {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

/** The status of the answer, once the web server listens. */
async function ask(child: ChildProcess, port: number, path: string): Promise<number> {
  const headers = {
    host: 'schoolserver',
    'x-forwarded-for': '10.9.8.7',
    'x-forwarded-proto': 'https',
  };
  for (;;) {
    assert.is(child.exitCode, null, 'the web server ended');
    try {
      return await new Promise<number>((resolve, reject) => {
        const asked = request({ port, path, headers, host: '127.0.0.1' }, (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
        });
        asked.once('error', reject).end();
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await sleep(50);
    }
  }
}

interface Behind extends AsyncDisposable {
  port: number;
  asked: IncomingMessage[];
}

/** What stands behind the web server, and only listens to what it is asked. */
async function listen(): Promise<Behind> {
  const asked: IncomingMessage[] = [];
  const server: Server = createServer((message, answer) => {
    asked.push(message);
    answer.end('ours');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, asked, [Symbol.asyncDispose]: close };
}

async function freePort(): Promise<number> {
  await using taken = await listen();
  return taken.port;
}

/** Builds from the tarball: what the spec names is there, and nothing else is. */
function rpmIsWhole(folder: string): void {
  const packages = join(distFolder, 'packages');
  rmSync(packages, { recursive: true, force: true });
  execFileSync('sh', [join(root, 'bundle/tarball.sh')], { stdio: 'ignore' });
  const [name = ''] = readdirSync(packages).filter((one) => one.endsWith('.tar.xz'));
  const version = name.slice('ds-backup-'.length, -'.tar.xz'.length);
  mkdirSync(join(folder, 'rpm'));
  const places = [`_topdir ${folder}/rpm`, `_sourcedir ${packages}`, `version ${version}`];
  const defined = places.flatMap((one) => ['--define', one]);
  const spec = join(root, 'bundle/rpm/ds-backup.spec');
  // Debian's rpm knows no package of Fedora, which the spec does not ask for to build.
  const built = ran('rpmbuild', ['-bb', '--nodeps', ...defined, spec]);
  assert.is(built.status, 0, built.said);
  assert.not.match(built.said, /but unpackaged|File not found/);
  const made = readdirSync(join(folder, 'rpm/RPMS'), { recursive: true, encoding: 'utf8' })
    .filter((one) => one.endsWith('.rpm'))
    .map((one) => join(folder, 'rpm/RPMS', one));
  assert.is(made.length, 2);
  for (const path of made) {
    const shown = ran('rpm', ['-qp', '--qf', '%{VERSION} %{LICENSE}\n', path]);
    assert.is(shown.said, `${version} GPL-3.0-or-later\n`);
    const files = ran('rpm', ['-qpl', path]).said;
    assert.match(files, /\/copyright$/m);
    assert.not.match(files, /\.map$/m);
  }
  step('rpmbuild makes both packages of the spec from the tarball, of its version, with all files');
}
