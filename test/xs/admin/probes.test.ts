/** What is tried of a running service: each probe tells what is broken, and who else answers in its place. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createSocketServer,
  type Server,
} from 'node:net';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { concerns } from '../../../xs/admin/concerns.ts';
import { probe } from '../../../xs/admin/probes.ts';
import { readStatus } from '../../../xs/admin/status.ts';
import { checksOf } from '../../../xs/commands/status.ts';
import type { Library } from '../../../xs/library.ts';
import { installSession } from '../../../xs/ssh/session-files.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { type PagesServer, servePages } from '../pages/browser.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';

const test = suite('what is tried of a service');

const SCRIPT = fileURLToPath(new URL('../../../xs/ssh/ds-session.sh', import.meta.url));

interface Listener extends AsyncDisposable {
  port: number;
}

async function listenWith(server: Server): Promise<Listener> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const dispose = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { port, [Symbol.asyncDispose]: dispose };
}

const answers = (listener: RequestListener) => () => listenWith(createServer(listener));
const text = (status: number, type: string, body: string) =>
  answers((_, reply) => reply.writeHead(status, { 'content-type': type }).end(body));

/** Its port is known, and nobody listens there any more. */
async function nobody(): Promise<Listener> {
  const gone = await listenWith(createSocketServer());
  await gone[Symbol.asyncDispose]();
  return { port: gone.port, [Symbol.asyncDispose]: async () => {} };
}

/** A web server of the school that passes everything on to us. */
const passesOn = (port: number): Promise<Listener> => {
  const server = createSocketServer((from) => {
    const to = connect(port, '127.0.0.1');
    from.on('error', () => to.destroy()).pipe(to);
    to.on('error', () => from.destroy()).pipe(from);
  });
  return listenWith(server);
};

const OTHERS: [who: string, () => Promise<Listener>][] = [
  ['nobody', nobody],
  ['a web server with a page of its own', text(200, 'text/html', '<h1>It works!</h1>')],
  ['a web server that knows no such page', text(404, 'text/html', 'not found')],
  [
    'a program that says so in plain text',
    text(404, 'text/plain; charset=utf-8', '404 page not found\n'),
  ],
  ['a web server that sends elsewhere', text(301, 'text/plain', '')],
  ['a web server whose back end is gone', text(502, 'text/plain', '')],
  ['one that hangs up', answers((request) => request.socket.destroy())],
];

type Listening = Pick<Library['listening'], 'http' | 'ssh'>;

/** What is told of a service that listens there; `publicPort` 0: laptops come to `http.listen`. */
async function closedPorts({ library }: WholeLibrary, listening: Listening, publicPort = 0) {
  const http = { ...library.config.http, publicPort };
  return (await probe({ ...library, listening, config: { ...library.config, http } })).closedPorts;
}

const portOf = ({ url }: PagesServer): number => Number(new URL(url).port);
const host = '127.0.0.1';

test('the port at which laptops ask: it is told when somebody else answers, or nobody', async () => {
  await using server = await servePages();
  const http = { host, port: portOf(server) };
  for (const [who, open] of OTHERS) {
    await using other = await open();
    const told = await closedPorts(server, { http }, other.port);
    assert.equal(told, [{ port: other.port, purpose: 'ask' }], who);
  }
  await using front = await passesOn(http.port);
  assert.equal(await closedPorts(server, { http: { ...http, host: '0.0.0.0' } }, front.port), []);
});

test('the port at which laptops register, likewise', async () => {
  await using whole = await openWhole();
  for (const [who, open] of OTHERS) {
    await using other = await open();
    const { port } = other;
    const told = await closedPorts(whole, { http: { host, port } });
    assert.equal(told, [{ port, purpose: 'register' }], who);
  }
});

test('the port at which laptops send, likewise; one that is silent is in the test of a whole server', async () => {
  await using whole = await openWhole();
  const greets = (line: string) => () =>
    listenWith(createSocketServer((one) => one.resume().end(line)));
  const others = { nobody, 'one that hangs up': greets(''), mail: greets('220 mail ESMTP\r\n') };
  for (const [who, open] of Object.entries(others)) {
    await using other = await open();
    const { port } = other;
    const told = await closedPorts(whole, { ssh: { host, port } });
    assert.equal(told, [{ port, purpose: 'transfer' }], who);
  }
  await using ssh = await greets('SSH-2.0-OpenSSH_9.2\r\n')();
  assert.equal(await closedPorts(whole, { ssh: { host: '0.0.0.0', port: ssh.port } }), []);
});

test('a port that does not answer is a concern of the status', async () => {
  await using other = await nobody();
  await using whole = await openWhole(`[http]\npublicPort = ${other.port}\n`);
  whole.library.listening.http = { host, port: other.port };
  const told = concerns(await readStatus(whole.library, { fresh: true }));
  assert.ok(told.some(({ type }) => type === 'port-closed'));
});

/** As if sshd ran: what a session needs is tried without it. */
async function withSessions(stranger: boolean): Promise<WholeLibrary> {
  const whole = await openWhole('', { stranger });
  installSession(whole.library.paths, SCRIPT, { bytes: 0, inodes: 0 });
  whole.library.listening.ssh = { host: '127.0.0.1', port: 9 };
  return whole;
}

const SESSION = 'a laptop can send and fetch';
const sessionCheck = async ({ library }: WholeLibrary) =>
  checksOf(await readStatus(library, { fresh: true })).find(({ what }) => what === SESSION);

test('a sandbox that does not begin is told before the first laptop comes', async () => {
  await using whole = await withSessions(true);
  const { session } = inState(whole.library.paths);
  const well = await sessionCheck(whole);
  assert.is(well?.state, 'open', 'no folder of a laptop was tried');
  assert.match(well?.why ?? '', /its sandbox begins.*no laptop has registered yet/);
  writeFileSync(session, readFileSync(session, 'utf8').replace("='bwrap ", "='bwrap --nothing "));
  const broken = await sessionCheck(whole);
  assert.is(broken?.state, 'FAIL');
  assert.match(broken?.problems[0]?.text ?? '', /session does not start: .*bwrap: /);
});

test('a session of a laptop is tried whole, with its folders', async () => {
  await using whole = await withSessions(false);
  assert.is((await sessionCheck(whole))?.state, 'ok');
  const { session } = inState(whole.library.paths);
  writeFileSync(session, 'echo "bwrap: setting up uid map: Permission denied" >&2; exit 1\n');
  const { state, problems } = (await sessionCheck(whole)) ?? {};
  assert.is(state, 'FAIL');
  assert.match(problems?.[0]?.text ?? '', /setting up uid map: Permission denied/);
});

test.run();
