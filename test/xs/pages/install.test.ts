/** What the server offers to laptops without the program: a page, and the content of a stick. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostKeyPublic } from '../../../xs/storage/paths.ts';
import { waitFor } from '../../runner/patience.ts';
import { openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite('installing from the server');
const PAGE = '/ds-restore/install';
const STICK = `${PAGE}/ds-backup-stick.zip`;
/** More than sockets and pipes hold, so that an unread download stands still. */
const LARGE = 32 * 1024 * 1024;

function offer(server: PagesServer, bytes: number): void {
  const { paths, config } = server.library;
  writeFileSync(hostKeyPublic(paths), 'ssh-ed25519 AAAA\n');
  mkdirSync(join(config.state, 'packages'));
  writeFileSync(join(config.state, 'packages/xs-backup_1_amd64.deb'), Buffer.alloc(bytes));
}

test('without packages the page says how to get some, and there is nothing to download', async () => {
  await using server = await servePages();
  const browser = openBrowser(server.url);
  const { status, body } = await browser.get(PAGE, { 'accept-language': 'es' });
  assert.is(status, 200);
  assert.match(body, /En cada laptop/);
  assert.not.match(body, /stick\.zip/);
  assert.is((await browser.get(STICK)).status, 404);
});

test('without signing in, a whole stick can be downloaded', async () => {
  await using server = await servePages();
  offer(server, 1000);
  const browser = openBrowser(server.url);
  assert.match(
    (await browser.get(PAGE)).body,
    /href="\/ds-restore\/install\/ds-backup-stick\.zip"/,
  );
  const { status, raw } = await browser.get(STICK);
  assert.is(status, 200);
  const folder = mkdtempSync(join(tmpdir(), 'ds-download-'));
  try {
    writeFileSync(join(folder, 'stick.zip'), raw);
    const listed = execFileSync('python3', ['-m', 'zipfile', '-l', 'stick.zip'], { cwd: folder });
    for (const name of ['install.sh', 'ds-backup/school.toml', 'ds-backup/words/ar.sh']) {
      assert.ok(listed.toString().includes(`${name} `), name);
    }
    assert.match(listed.toString(), /packages\/xs-backup_1_amd64\.deb .* 1000/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('three download at once, the next is told to come again, and gets it when one has gone', async () => {
  await using server = await servePages();
  offer(server, LARGE);
  const held = [1, 2, 3].map(() => request(server.url + STICK));
  await Promise.all(
    held.map(
      (one) =>
        new Promise((resolve, reject) => {
          one.once('response', (answer) => resolve(answer.pause())).once('error', reject);
          one.end();
        }),
    ),
  );
  const browser = openBrowser(server.url);
  const refused = await browser.get(STICK);
  assert.is(refused.status, 503);
  assert.ok(Number(refused.headers['retry-after']) > 0);
  for (const one of held) one.on('error', () => {}).destroy();
  await waitFor('there is room again', async () => (await browser.get(STICK)).status === 200);
});

test.run();
