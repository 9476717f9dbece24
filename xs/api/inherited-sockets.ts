/**
 * Listening sockets that systemd opened for us, such as port 80, which an ordinary user may not open
 * (sd_listen_fds(3)): they lead to the same pages as our own port.
 */
import type { Server } from 'node:http';
import { createServer } from 'node:net';

/** systemd's first descriptor; there are LISTEN_FDS of them. */
const FIRST = 3;

/**
 * Descriptors that were handed to the process `pid`; none where the variables are absent, meant for
 * another process (a child inherits them), or unreadable.
 */
export function inheritedSockets(env: NodeJS.ProcessEnv, pid: number): number[] {
  const count = Number(env.LISTEN_FDS);
  if (Number(env.LISTEN_PID) !== pid || !Number.isInteger(count) || count < 1 || count > 16)
    return [];
  return Array.from({ length: count }, (_, index) => FIRST + index);
}

/** Hands every connection at `descriptor` to `server`. Resolves when it listens; closes on disposal. */
export async function serveAt(descriptor: number, server: Server): Promise<AsyncDisposable> {
  const doorway = createServer((socket) => server.emit('connection', socket));
  await new Promise<void>((resolve, reject) => {
    doorway.once('error', reject);
    doorway.listen({ fd: descriptor }, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => doorway.close(resolve));
    },
  };
}
