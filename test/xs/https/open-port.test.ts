/** A port of the service that is shut by others is opened again, and told meanwhile. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { createServer as createOther, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OpenPort } from '../../../xs/https/open-port.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';

const test = suite('a port that stays open');
const SHUT_DOWN = join(import.meta.dirname, 'shut-down.py');

interface Scene {
  server: Server;
  port: number;
  told: string[];
}

async function scene(
  play: (scene: Scene) => Promise<void>,
  more: { heardMs?: number } = {},
): Promise<void> {
  const server = createServer((_request, answer) => answer.end('ours'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const told: string[] = [];
  const tell = (one: string) => {
    if (told.at(-1) !== one) told.push(one);
  };
  {
    await using _kept = new OpenPort({
      ...{ server, address: { host: '127.0.0.1', port }, setting: 'http.listen', everyMs: 20 },
      ...more,
      onTrouble: ({ message }) => tell(message),
      onWell: () => tell('well'),
    });
    await play({ server, port, told });
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Over a connection of its own; undefined when nobody is there. */
function answerAt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (bytes) => {
        text += bytes;
      });
      answer.on('end', () => resolve(text));
    });
    request.on('error', () => resolve(undefined));
  });
}

test('closed, and its port taken by another program: told, and open again when that is gone', async () => {
  await scene(async ({ server, port, told }) => {
    const sockets: Socket[] = [];
    const other = createOther((socket) => sockets.push(socket));
    server.close();
    other.listen(port, '127.0.0.1');
    await once(other, 'listening');
    await waitFor('the words', () => /http\.listen = .*EADDRINUSE/.test(told.at(-1) ?? ''));
    for (const one of sockets) one.destroy();
    other.close();
    await waitFor('to be well again', () => told.at(-1) === 'well');
    assert.is(await answerAt(port), 'ours');
  });
});

test('an error of the listening socket ends nothing', async () => {
  await scene(async ({ server, port, told }) => {
    server.emit('error', new Error('accept ENOBUFS'));
    assert.match(told.join(' '), /ENOBUFS/);
    await waitFor('to be well again', () => told.at(-1) === 'well');
    assert.is(await answerAt(port), 'ours');
  });
});

/** Calls that are accepted as from the kernel, and told to the server only as far as `isTold` says. */
function deafen(server: Server, isTold: (call: number) => boolean): () => number {
  const emit = server.emit.bind(server) as (event: string, ...more: unknown[]) => boolean;
  let calls = 0;
  server.emit = ((event: string, ...more: unknown[]) => {
    if (event !== 'connection') return emit(event, ...more);
    calls += 1;
    if (isTold(calls)) return emit(event, ...more);
    (more[0] as Socket).destroy();
    return true;
  }) as Server['emit'];
  return () => calls;
}

test('a call that a flood kept from being heard shuts no good port', async () => {
  await scene(
    async ({ server, told }) => {
      let closed = 0;
      server.on('close', () => {
        closed += 1;
      });
      const calls = deafen(server, (call) => call % 2 === 0);
      await waitFor('every other call to be heard', () => calls() >= 6);
      assert.equal(told, []);
      assert.is(closed, 0);
    },
    { heardMs: 60 },
  );
});

test('a port at which two calls in a row are not heard is opened again', async () => {
  await scene(
    async ({ server, told }) => {
      deafen(server, (call) => call > 2);
      await waitFor('to be told, and to be well again', () => told.at(-1) === 'well');
      assert.match(told[0] ?? '', /http\.listen/);
    },
    { heardMs: 60 },
  );
});

const rooted = testIf(
  process.getuid?.() === 0,
  test,
  "another program's socket is shut, as root can",
);
rooted('a listening socket that dies without a word is noticed and opened again', async () => {
  await scene(async ({ port, told }) => {
    await promisify(execFile)('/usr/bin/python3', [SHUT_DOWN, `${process.pid}`, `${port}`]);
    await waitFor('the words', () => told.some((one) => /http\.listen/.test(one)));
    await waitFor('to be well again', () => told.at(-1) === 'well');
    assert.is(await answerAt(port), 'ours');
  });
});

test.run();
