/**
 * The counted wire between client and server.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ProxyAnswer, ProxyRequest } from './proxy.ts';

export interface Counts {
  /** Bytes since the wire began. */
  toServer: number;
  toClient: number;
}

export interface Wire extends AsyncDisposable {
  /** A port whose bytes are counted on their way to `port`. */
  forward(port: number): Promise<number>;
  counts(): Promise<Counts>;
}

export function openWire(): Wire {
  const file = new URL('./proxy.ts', import.meta.url);
  const child: ChildProcess = fork(file, { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit');
  let last = 0;
  const ask = (request: { ask: 'forward'; port: number } | { ask: 'counts' }) =>
    new Promise<ProxyAnswer>((resolve, reject) => {
      ended.then(() => reject(new Error('the counting proxy has ended')));
      last += 1;
      const id = last;
      const onAnswer = (answer: ProxyAnswer) => {
        if (answer.id !== id) return;
        child.off('message', onAnswer);
        resolve(answer);
      };
      child.on('message', onAnswer);
      child.send({ ...request, id } satisfies ProxyRequest, (error) => error && reject(error));
    });
  return {
    forward: async (port) => (await ask({ ask: 'forward', port })).port ?? 0,
    counts: async () => {
      const { toServer = 0, toClient = 0 } = await ask({ ask: 'counts' });
      return { toServer, toClient };
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
