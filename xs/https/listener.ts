/**
 * The pages over HTTPS, beside the plain port: the same app behind a certificate. Handshakes cost
 * processor time and anybody may ask for them, so each address and all together have a budget. Where its port
 * is taken or openssl is missing, laptops are served all the same, and it is tried again until it works.
 */
import type { Server as HttpServer } from 'node:http';
import { createServer as createDoorway, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { DsError } from '../../shared/errors.ts';
import type { Library } from '../library.ts';
import { type Address, parseAddress } from '../setting-values.ts';
import { type Certificate, ensureCertificate } from './certificate.ts';
import { HandshakeBudget } from './handshake-budget.ts';
import { OpenPort } from './open-port.ts';
import { readOwn } from './own-certificate.ts';

/** A handshake that takes longer is cut off, in milliseconds. */
const HANDSHAKE_MS = 10_000;
/** From one look at the certificate to the next, and to another try, in milliseconds. */
const LOOK_MS = 6 * 3_600_000;
const AGAIN_MS = 30_000;

/**
 * Begins to serve `app` over HTTPS, unless the settings switch that off. Resolves after the first try; whether
 * it works is told by `library.listening.https` and `library.faults`. Its port is looked at every `everyMs`, in
 * milliseconds. Closes its connections on disposal.
 */
export async function startHttps(
  library: Library,
  app: HttpServer,
  everyMs?: number,
): Promise<AsyncDisposable & Pick<HttpsEntrance, 'look'>> {
  const { listen } = library.config.https;
  if (listen === 'off') return { look: async () => {}, async [Symbol.asyncDispose]() {} };
  const entrance = new HttpsEntrance(library, app, parseAddress(listen), everyMs);
  await entrance.look();
  return entrance;
}

class HttpsEntrance implements AsyncDisposable {
  readonly #library: Library;
  readonly #address: Address;
  readonly #everyMs: number | undefined;
  readonly #tls: TlsServer;
  readonly #doorway: Server;
  readonly #sockets = new Set<Socket>();
  #pem = '';
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #kept: OpenPort | undefined;
  /** What is wrong with the certificate, and with the port: each mends by itself and says nothing of the other. */
  readonly #troubles: Record<'begin' | 'port', unknown> = { begin: undefined, port: undefined };

  constructor(library: Library, app: HttpServer, address: Address, everyMs?: number) {
    this.#library = library;
    this.#everyMs = everyMs;
    this.#address = address;
    this.#tls = createTlsServer({ ALPNProtocols: ['http/1.1'], handshakeTimeout: HANDSHAKE_MS });
    this.#tls.on('secureConnection', (socket) => app.emit('connection', socket));
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy());
    const budget = new HandshakeBudget();
    this.#doorway = createDoorway((socket) => this.#enter(socket, budget));
  }

  /** Makes sure that there is a certificate and that the port listens; and looks again later. */
  look(): Promise<void> {
    this.#looking = this.#tryIt();
    return this.#looking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#looking;
    clearTimeout(this.#timer);
    await this.#kept?.[Symbol.asyncDispose]();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#doorway.listening) await new Promise((done) => this.#doorway.close(done));
  }

  async #tryIt(): Promise<void> {
    const { listening } = this.#library;
    let pause = LOOK_MS;
    try {
      const { pem, fingerprint } = await this.#certificate();
      if (pem !== this.#pem) {
        this.#tls.setSecureContext({ key: pem, cert: pem, minVersion: 'TLSv1.2' });
      }
      this.#pem = pem;
      if (!this.#kept && !this.#doorway.listening) await this.#open();
      const bound = this.#doorway.address();
      const port = typeof bound === 'object' && bound ? bound.port : this.#address.port;
      this.#kept ??= this.#keepOpen(port);
      listening.https = { ...this.#address, port, fingerprint };
      this.#tell('begin', undefined);
    } catch (error) {
      this.#tell('begin', error);
      pause = AGAIN_MS;
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.look(), pause).unref();
  }

  #keepOpen(port: number): OpenPort {
    return new OpenPort({
      ...{ server: this.#doorway, address: { ...this.#address, port }, setting: 'https.listen' },
      everyMs: this.#everyMs,
      onTrouble: (error) => this.#tell('port', error),
      onWell: () => this.#tell('port', undefined),
    });
  }

  /** The only place that knows the fault. */
  #tell(which: 'begin' | 'port', error: unknown): void {
    const { faults } = this.#library;
    this.#troubles[which] = error;
    const { begin, port } = this.#troubles;
    if (begin ?? port) faults.note('https', begin ?? port);
    else faults.clear('https');
  }

  /** The school's own one, if it can be used; otherwise ours. */
  async #certificate(): Promise<Certificate> {
    const { config, timeline, faults } = this.#library;
    try {
      const own = readOwn(config.https, timeline.now());
      if (own?.warning) faults.note('certificate', own.warning);
      else faults.clear('certificate');
      if (own) return own.certificate;
    } catch (error) {
      faults.note('certificate', error);
    }
    return ensureCertificate({ ...this.#library, moment: timeline.now() });
  }

  async #open(): Promise<void> {
    const { host, port } = this.#address;
    await new Promise<void>((resolve, reject) => {
      this.#doorway.once('error', reject);
      this.#doorway.listen({ host, port }, () => {
        this.#doorway.off('error', reject);
        resolve();
      });
    }).catch((cause: Error) => {
      const message = `cannot listen on https.listen = "${host}:${port}": ${cause.message}`;
      throw new DsError('config', message, {
        hint: 'another program may have the port; choose another, or "off"',
        cause,
      });
    });
  }

  #enter(socket: Socket, budget: HandshakeBudget): void {
    const address = socket.remoteAddress ?? '';
    const leave = budget.enter(address, this.#library.clock.monotonicMs());
    if (!leave) return void socket.destroy();
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      leave();
    });
    socket.on('error', () => {});
    this.#tls.emit('connection', socket);
  }
}
