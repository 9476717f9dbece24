/** Who sits on connections keeps nobody out. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Connections } from '../../../xs/api/connections.ts';
import { waitFor } from '../../runner/patience.ts';

const test = suite('connections to the public side');
const MAX = 20;

interface Scene extends AsyncDisposable {
  server: Server;
  /** Open connections of the server. */
  open(): number;
  /** A connection from this address; `asks` is what is sent on it. */
  from(address: string, asks?: string): Promise<Caller>;
  /** Requests on which an answer is awaited. */
  waiting: ServerResponse[];
}

interface Caller {
  socket: Socket;
  /** What came back. */
  text(): string;
  ended(): boolean;
}

const ASKS = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const SLOW = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n';

async function scene(): Promise<Scene> {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, answer) => {
    if (request.url === '/slow') waiting.push(answer);
    else answer.end('here');
  });
  new Connections(MAX).watch(server);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const callers: Socket[] = [];
  return {
    ...{ server, waiting },
    open: () => [...sockets].filter((one) => !one.destroyed).length,
    from: async (localAddress, asks) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress });
      callers.push(socket);
      let [text, ended] = ['', false];
      socket.on('error', () => {});
      socket.on('data', (part) => {
        text += part;
      });
      socket.on('close', () => {
        ended = true;
      });
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
      if (asks) socket.write(asks);
      return { socket, text: () => text, ended: () => ended };
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of callers) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function many(n: number, call: (n: number) => Promise<Caller>): Promise<Caller[]> {
  const all: Caller[] = [];
  for (let i = 0; i < n; i += 1) all.push(await call(i));
  return all;
}

const answered = (caller: Caller) => waitFor('the answer', () => caller.text().includes('here'));

test('who opens thousands and says nothing has some, and everybody else is answered', async () => {
  await using school = await scene();
  await many(5 * MAX, () => school.from('127.0.0.66'));
  await waitFor('few connections', () => school.open() <= MAX);
  const idle = await many(5 * MAX, (n) => school.from(`127.0.1.${n + 1}`));
  await waitFor('few connections', () => school.open() <= MAX);
  assert.ok(idle.some(({ ended }) => ended()));
  for (const address of ['127.0.0.7', '127.0.0.8'])
    await answered(await school.from(address, ASKS));
});

test('an answer under way is not cut off by those who sit', async () => {
  await using school = await scene();
  const child = await school.from('127.0.0.7', SLOW);
  await waitFor('the requests', () => school.waiting.length === 1);
  await many(3 * MAX, (n) => school.from(`127.0.1.${n % 40}`));
  await waitFor('few connections', () => school.open() <= MAX);
  school.waiting[0]?.end('here');
  await answered(child);
});

test('who asks on all of them at once gives one up to everybody else, and none to himself', async () => {
  await using school = await scene();
  const child = await school.from('127.0.0.7', SLOW);
  await many(MAX - 1, () => school.from('127.0.0.66', SLOW));
  await waitFor('the requests', () => school.waiting.length === MAX);
  const more = await school.from('127.0.0.66', SLOW);
  await waitFor('the end of that', more.ended);
  await answered(await school.from('127.0.0.8', ASKS));
  school.waiting[0]?.end('here');
  await answered(child);
});

test('what ends makes room', async () => {
  await using school = await scene();
  for (let n = 0; n < 3; n += 1) {
    const all = await many(MAX, () => school.from('127.0.0.7'));
    for (const { socket } of all) socket.destroy();
    await waitFor('few connections', () => school.open() === 0);
  }
  const all = await many(MAX, () => school.from('127.0.0.7'));
  await answered(await school.from('127.0.0.7', ASKS));
  assert.is(all.filter(({ ended }) => ended()).length, 1);
});

test.run();
