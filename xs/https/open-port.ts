/**
 * Keeps a port open for as long as the service runs. A listening socket can die without a word, and another
 * program can take its port: so the server calls itself now and then, and listens anew when it does not hear that.
 * One call that got through may wait behind a flood of others: only two in a row that are not heard tell something.
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
  everyMs?: number | undefined;
  heardMs?: number;
}

/** Whether a call was refused or heard; what got through may still wait; what did not tells nothing. */
type Outcome = 'refused' | 'unheard' | 'heard' | 'no answer';

/** Calls in a row that got through and were not heard, after which the port belongs to somebody else. */
const UNHEARD = 2;

export class OpenPort implements AsyncDisposable {
  readonly #options: OpenPortOptions;
  readonly #onError: (cause: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isInTrouble = false;
  /** In a row. */
  #unheard = 0;
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
    if (server.listening) {
      const outcome = await call(server, address, this.#options.heardMs ?? HEARD_MS);
      this.#unheard = outcome === 'unheard' ? this.#unheard + 1 : 0;
      if (outcome === 'unheard' && this.#unheard < UNHEARD) return;
      if (outcome === 'heard' || outcome === 'no answer') return this.#praise();
    }
    this.#unheard = 0;
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

async function call(server: Server, { host, port }: Address, heardMs: number): Promise<Outcome> {
  const heard = new Set<number | undefined>();
  const hear = ({ remotePort }: Socket) => heard.add(remotePort);
  server.on('connection', hear);
  const socket = connect({ host: callable(host), port, timeout: CALL_MS });
  try {
    const outcome = await new Promise<string>((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('timeout', () => resolve('no answer'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
    if (outcome === 'ECONNREFUSED') return 'refused';
    if (outcome !== 'connected') return 'no answer';
    const { localPort } = socket;
    const until = performance.now() + heardMs;
    while (performance.now() < until && !heard.has(localPort)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return heard.has(localPort) ? 'heard' : 'unheard';
  } finally {
    server.off('connection', hear);
    socket.on('error', () => {});
    socket.destroy();
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
