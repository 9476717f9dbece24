import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inheritedSockets } from '../../../xs/api/inherited-sockets.ts';

const test = suite('sockets that systemd opened');

const CASES: [env: NodeJS.ProcessEnv, found: number[]][] = [
  [{}, []],
  [{ LISTEN_FDS: '2', LISTEN_PID: '7' }, [3, 4]],
  [{ LISTEN_FDS: '2', LISTEN_PID: '8' }, []],
  [{ LISTEN_FDS: 'x', LISTEN_PID: '7' }, []],
  [{ LISTEN_FDS: '0', LISTEN_PID: '7' }, []],
  [{ LISTEN_FDS: '99', LISTEN_PID: '7' }, []],
  [{ LISTEN_FDS: '1.5', LISTEN_PID: '7' }, []],
];

for (const [env, found] of CASES) {
  test(`process 7 finds ${found.length} of them with ${JSON.stringify(env)}`, () => {
    assert.equal(inheritedSockets(env, 7), found);
  });
}

test('lead to the same pages, and are closed with them', async () => {
  const opener = createServer();
  await new Promise<void>((resolve) => opener.listen(0, '127.0.0.1', resolve));
  const { port } = opener.address() as { port: number };
  const { fd } = (opener as unknown as { _handle: { fd: number } })._handle;
  const source = `import { createServer } from 'node:http';
    import { serveAt } from ${JSON.stringify(new URL('../../../xs/api/inherited-sockets.ts', import.meta.url).href)};
    const pages = createServer((request, response) => response.end('here'));
    const door = await serveAt(3, pages);
    console.log('listening');
    process.stdin.resume().on('end', async () => {
      await door[Symbol.asyncDispose]();
      pages.closeAllConnections();
    });`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', source];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit', fd] });
  await once(child.stdio[1] as Readable, 'data');
  opener.close();
  const answer = await new Promise<string>((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    }).on('error', reject);
  });
  assert.is(answer, 'here');
  (child.stdio[0] as Writable).end();
  assert.equal(await once(child, 'close'), [0, null], 'nothing keeps it open');
});

test.run();
