/**
 * Counts what goes over the wire: forwards loopback ports and adds up bytes each way. Runs as a
 * process of its own (forked by wire.ts), so that counting does not slow the one who measures.
 */
import { connect, createServer, type Server } from 'node:net';

export type ProxyRequest = { id: number } & ({ ask: 'forward'; port: number } | { ask: 'counts' });
export interface ProxyAnswer {
  id: number;
  port?: number;
  /** Bytes since the proxy began. */
  toServer?: number;
  toClient?: number;
}

let toServer = 0;
let toClient = 0;
const servers: Server[] = [];

function forward(port: number): Promise<number> {
  // Each side may end its sending by itself, as it could without us in between.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    client.on('data', (piece) => {
      toServer += piece.length;
    });
    upstream.on('data', (piece) => {
      toClient += piece.length;
    });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

process.on('message', async (request: ProxyRequest) => {
  const answer: ProxyAnswer = { id: request.id };
  if (request.ask === 'forward') answer.port = await forward(request.port);
  else Object.assign(answer, { toServer, toClient });
  process.send?.(answer);
});
// Ctrl-C at a terminal is for the one who measures; this process ends with it.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
