import { once } from 'node:events';
import { connect as connectPlain, createServer } from 'node:net';
import { connect } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { HandshakeBudget } from '../../../xs/https/handshake-budget.ts';
import { startHttps } from '../../../xs/https/listener.ts';
import { openBrowser, servePages } from '../pages/browser.ts';

const test = suite('the pages over HTTPS');

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

test.run();
