/**
 * Keeps a port open for as long as the service runs. A listening socket can die without a word, and another
 * program can take its port: so the server calls itself now and then, and listens anew when it does not hear that.
 */
import { connect, type Server, type Socket } from 'node:net';
import { DsError } from '../../shared/errors.ts';
import type { Address } from '../setting-values.ts';

/** From one call to the next, and how long a call that has got through may take to be heard. In milliseconds. */
const LOOK_MS = 10_000;
const HEARD_MS = 2000;
/** A call that does not get through in this time tells nothing, in milliseconds. */
const CALL_MS = 5000;

export interface OpenPortOptions {
  /** Listens already. */
  server: Server;
  /** With the port that it has. */
  address: Address;
  /** The name of its setting. */
  setting: string;
  onTrouble(error: DsError): void;
  /** After trouble: it listens again. */
  onWell(): void;
  everyMs?: number;
}

export class OpenPort implements AsyncDisposable {
  readonly #options: OpenPortOptions;
  readonly #onError: (cause: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isInTrouble = false;
  #isOver = false;

  constructor(options: OpenPortOptions) {
    this.#options = options;
    this.#onError = (cause) => this.#tell(cause);
    options.server.on('error', this.#onError);
    this.#later();
  }

  /** The server itself stays as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #later(): void {
    if (this.#isOver) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#later());
    }, this.#options.everyMs ?? LOOK_MS).unref();
  }

  async #look(): Promise<void> {
    const { server, address } = this.#options;
    if (server.listening && (await isHeard(server, address))) return this.#praise();
    if (this.#isOver) return;
    this.#tell(new Error('nothing listens there, or another program does'));
    try {
      await listenAnew(server, address);
      this.#praise();
    } catch (cause) {
      this.#tell(cause as Error);
    }
  }

  #praise(): void {
    if (this.#isInTrouble) this.#options.onWell();
    this.#isInTrouble = false;
  }

  #tell(cause: Error): void {
    const { setting, address, onTrouble } = this.#options;
    this.#isInTrouble = true;
    const where = `${setting} = "${address.host}:${address.port}"`;
    const hint = 'another program may have the port; it is tried again by itself';
    onTrouble(
      new DsError('config', `cannot listen on ${where}: ${cause.message}`, { hint, cause }),
    );
  }
}

/** False only when it is sure that a call to the port does not reach the server. */
async function isHeard(server: Server, { host, port }: Address): Promise<boolean> {
  const heard = new Set<number | undefined>();
  const hear = ({ remotePort }: Socket) => heard.add(remotePort);
  server.on('connection', hear);
  const call = connect({ host: callable(host), port, timeout: CALL_MS });
  try {
    const outcome = await new Promise<string>((resolve) => {
      call.once('connect', () => resolve('connected'));
      call.once('timeout', () => resolve('no answer'));
      call.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
    if (outcome === 'ECONNREFUSED') return false;
    if (outcome !== 'connected') return true;
    const { localPort } = call;
    const until = performance.now() + HEARD_MS;
    while (performance.now() < until) {
      if (heard.has(localPort)) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return heard.has(localPort);
  } finally {
    server.off('connection', hear);
    call.on('error', () => {});
    call.destroy();
  }
}

/** Somewhere that leads to a socket that listens everywhere. */
function callable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

async function listenAnew(server: Server, { host, port }: Address): Promise<void> {
  // Connections that are open stay.
  if (server.listening) server.close();
  await new Promise<void>((resolve, reject) => {
    const ended = (act: () => void) => () => {
      server.off('error', failed);
      server.off('listening', listening);
      act();
    };
    const failed = (cause: Error) => ended(() => reject(cause))();
    const listening = ended(resolve);
    server.once('error', failed);
    server.once('listening', listening);
    server.listen({ host, port });
  });
}
