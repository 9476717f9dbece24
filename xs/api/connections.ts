/**
 * How many connections to the public side are open at once. Each takes a file of the process, and without any left
 * nothing can be read or written any more. Where there is no room for another one, the address that has the most
 * gives one up: first one on which nothing is asked. So whoever sits and says nothing keeps nobody out, and a laptop
 * in the middle of an answer is not disturbed.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Far below the 16,384 files that the packaged service may have open. */
const MAX_CONNECTIONS = 1000;
/** Connections with a request under way that an address may keep: a browser opens six. */
const MODEST = 8;

export class Connections {
  readonly #max: number;
  /** By address, each in the order in which they came. */
  readonly #open = new Map<string, Set<Socket>>();
  readonly #busy = new Set<Socket>();
  /** A socket that was destroyed does not say it any more. */
  readonly #from = new Map<Socket, string>();

  constructor(max = MAX_CONNECTIONS) {
    this.#max = max;
  }

  /** Counts what comes to this server from now on. */
  watch(server: Server): void {
    server.on('connection', (socket) => this.#enter(socket));
    server.on('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
      this.#busy.add(socket);
      answer.once('close', () => this.#busy.delete(socket));
    });
  }

  #enter(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (this.#from.size >= this.#max) {
      const other = this.#quiet() ?? this.#greedy(address);
      (other ?? socket).destroy();
      if (!other) return;
      this.#leave(other);
    }
    const own = this.#open.get(address) ?? new Set();
    this.#open.set(address, own.add(socket));
    this.#from.set(socket, address);
    socket.once('close', () => this.#leave(socket));
  }

  #leave(socket: Socket): void {
    const address = this.#from.get(socket);
    if (address === undefined) return;
    this.#from.delete(socket);
    this.#busy.delete(socket);
    const own = this.#open.get(address);
    own?.delete(socket);
    if (own?.size === 0) this.#open.delete(address);
  }

  /** The oldest connection on which nothing is asked, of the address that has the most of those. */
  #quiet(): Socket | undefined {
    let most: Socket[] = [];
    for (const sockets of this.#open.values()) {
      if (sockets.size <= most.length) continue;
      const quiet = [...sockets].filter((one) => !this.#busy.has(one));
      if (quiet.length > most.length) most = quiet;
    }
    return most[0];
  }

  /** The oldest one of the address that has the most, unless those are few, or it is the one that asks. */
  #greedy(but: string): Socket | undefined {
    let most = new Set<Socket>();
    let whose = '';
    for (const [address, sockets] of this.#open) {
      if (sockets.size > most.size) [whose, most] = [address, sockets];
    }
    if (whose === but || most.size <= MODEST) return undefined;
    const [oldest] = most;
    return oldest;
  }
}
