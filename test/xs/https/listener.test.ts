import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectPlain, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { HandshakeBudget } from '../../../xs/https/handshake-budget.ts';
import { startHttps } from '../../../xs/https/listener.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { openBrowser, servePages } from '../pages/browser.ts';

const test = suite('the pages over HTTPS');
const SHUT_DOWN = join(import.meta.dirname, 'shut-down.py');

const ON = '[https]\nlisten = "127.0.0.1:0"\n';
const SIGN_IN = '/ds-restore/sign-in';
const PASSWORD = 'four words are enough';

test('a teacher is sent there, signs in, and sees the fingerprint on the page to print', async () => {
  await using server = await servePages(ON);
  await addTeacher(server.library.paths, 'Rosa', PASSWORD, new Date());
  const { headers } = await openBrowser(server.url).get('/xs-backup');
  assert.is(headers.location, `${server.secureUrl}/xs-backup`);
  const browser = openBrowser(server.secureUrl);
  const answer = await browser.fill(SIGN_IN, SIGN_IN, { name: 'Rosa', password: PASSWORD });
  assert.is(answer.status, 303);
  assert.match(String(answer.headers['set-cookie']), /__Host-ds-session=.*; Secure/);
  const { body } = await browser.get('/xs-backup/paper');
  const { fingerprint = '' } = server.library.listening.https ?? {};
  assert.match(fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.ok(body.includes(fingerprint));
  const { port } = new URL(server.secureUrl);
  assert.ok(body.includes(`https://schoolserver:${port}/xs-backup<`), 'as "teacher add" tells it');
  assert.match(body, /Printed on .* version \d/);
  for (const line of [/journalctl -u xs-backup/, /rsync -aH/, /teacher add NAME/])
    assert.match(body, line);
  const request = { command: 'teacher', args: ['add', 'Eva'], flags: {}, secret: PASSWORD };
  let told = '';
  const print = (text: string) => {
    told += text;
  };
  await runCommand(server.library, request, print, new AbortController().signal);
  told += await server.command('status').catch(String);
  assert.ok(told.includes(`at https://schoolserver:${port}/xs-backup; the browser warns`));
  assert.is(told.split(fingerprint).length, 3, 'said when a teacher is added, and by status');
});

test('old versions of TLS, plain HTTP and junk get nowhere, and disturb nobody', async () => {
  await using server = await servePages(ON);
  const port = Number(new URL(server.secureUrl).port);
  const socket = connectPlain(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.end('GET / HTTP/1.1\r\nHost: schoolserver\r\n\r\n');
  let said = '';
  socket.on('data', (bytes) => {
    said += bytes;
  });
  await once(socket, 'close');
  assert.not.match(said, /HTTP/);
  const old = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  const [error] = await once(old, 'error');
  assert.match(String(error), /protocol version|EPROTO|ECONNRESET|unsupported/i);
  assert.is((await openBrowser(server.secureUrl).get(SIGN_IN)).status, 200);
});

test('whoever opens hundreds of connections gets forty', async () => {
  await using server = await servePages(ON);
  const port = Number(new URL(server.secureUrl).port);
  const idle = Array.from({ length: 60 }, () => connectPlain(port, '127.0.0.1'));
  const closed = idle.map((one) => {
    one.on('error', () => {});
    return once(one, 'close');
  });
  let gone = 0;
  for (const one of closed) void one.then(() => (gone += 1));
  await Promise.race(closed);
  while (gone < 20) await new Promise((resolve) => setImmediate(resolve));
  assert.is(gone, 20);
  for (const one of idle) one.destroy();
});

test('handshakes have a budget: an address, and all together', () => {
  const budget = new HandshakeBudget();
  const at = (address: string, now: number) => budget.enter(address, now);
  const tried = (address: string, times: number, now: number) =>
    Array.from({ length: times }, () => at(address, now)?.()).length;
  const granted = (address: string, times: number, now: number) =>
    Array.from({ length: times }, () => at(address, now)).filter((leave) => {
      leave?.();
      return leave !== undefined;
    }).length;
  assert.is(tried('a', 1, 0), 1);
  assert.is(granted('a', 100, 0), 39);
  assert.is(granted('a', 100, 1000), 4);
  assert.is(granted('b', 100, 1000), 40, 'another address is not kept out');
  assert.is(granted('a', 100, 60_000), 40);
  const all = Array.from({ length: 50 }, (_, n) => granted(`c${n}`, 40, 60_000));
  assert.is(
    all.reduce((sum, some) => sum + some, 0),
    80,
    '120 at once for all',
  );
});

test('a port that is taken costs nobody but teachers, and is taken up when it is free', async () => {
  await using server = await servePages('[https]\nlisten = "off"\n');
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { library } = server;
  const config = { ...library.config, https: { listen: `127.0.0.1:${port}` } };
  const app = createServer() as never;
  {
    await using _https = await startHttps({ ...library, config }, app);
    assert.match(library.faults.list()[0]?.reason ?? '', /https\.listen/);
    assert.is(library.listening.https, undefined);
  }
  other.close();
  await once(other, 'close');
  await using _https = await startHttps({ ...library, config }, app);
  assert.equal(library.faults.list(), []);
});

/** Another program at a port of ours, whose socket died. */
async function takePort(port: number): Promise<Server> {
  for (;;) {
    await promisify(execFile)('/usr/bin/python3', [SHUT_DOWN, `${process.pid}`, `${port}`]);
    const other = createServer((socket) => void socket.on('error', () => {}).destroy());
    const isOurs = await new Promise((resolve) => {
      other.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    // The port may have been opened again meanwhile.
    if (isOurs) return other;
  }
}

const rooted = testIf(process.getuid?.() === 0, test, 'a socket of ours is shut as root can');
rooted(
  'a certificate that can be had says nothing of a port that another program took',
  async () => {
    await using server = await servePages('[https]\nlisten = "off"\n');
    const { library } = server;
    const config = { ...library.config, https: { listen: '127.0.0.1:0' } };
    await using entrance = await startHttps({ ...library, config }, createServer() as never, 300);
    const other = await takePort(library.listening.https?.port ?? 0);
    using _closed = { [Symbol.dispose]: () => void other.close() };
    const told = () => library.faults.list().map(({ part }) => part);
    await waitFor('the fault', () => told().includes('https'));
    await entrance.look();
    assert.equal(told(), ['https'], 'still so');
    other.close();
    await waitFor('it to be well again', () => told().length === 0);
  },
);

test.run();
