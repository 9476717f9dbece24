import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openWire } from './wire.ts';

const test = suite('the counted wire');

/** Answers every connection with `answer` bytes once it has been sent everything. */
async function startServer(answer: number): Promise<{ port: number } & Disposable> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.resume().on('end', () => socket.end(Buffer.alloc(answer)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, [Symbol.dispose]: () => server.close() };
}

/** Sends so many bytes and returns how many came back. */
async function exchange(port: number, bytes: number): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  let received = 0;
  socket.on('data', (piece) => {
    received += piece.length;
  });
  socket.end(Buffer.alloc(bytes));
  await once(socket, 'close');
  return received;
}

test('counts every byte each way, over several ports and connections', async () => {
  await using wire = openWire();
  using one = await startServer(1000);
  using two = await startServer(300_000);
  const ports = [await wire.forward(one.port), await wire.forward(two.port)];
  assert.equal(await wire.counts(), { toServer: 0, toClient: 0 });
  const [first = 0, second = 0] = ports;
  const came = await Promise.all([exchange(first, 5), exchange(first, 7), exchange(second, 2e6)]);
  assert.equal(came, [1000, 1000, 300_000]);
  assert.equal(await wire.counts(), { toServer: 2_000_012, toClient: 302_000 });
});

test('one who is not there is refused, and nothing breaks', async () => {
  await using wire = openWire();
  using gone = await startServer(1);
  const port = await wire.forward(gone.port);
  gone[Symbol.dispose]();
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  await once(socket, 'close');
  assert.is((await wire.counts()).toClient, 0);
});

test.run();
