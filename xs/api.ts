/**
 * The control API of one laptop: HTTP over its SSH session, handed on by the session script to a
 * Unix socket (PROTOCOL.md, "The control API"). The script's first line names the laptop whose key
 * sshd has checked; there is no other authentication.
 */
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { FastifyInstance } from 'fastify';
import { DsError } from '../shared/errors.ts';
import {
  parseDigest,
  parseRunId,
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
} from '../shared/ids.ts';
import {
  type Manifest,
  type Pins,
  parsePinRequest,
  parseUnchanged,
  type ReadableLaptops,
  type SnapshotSummary,
  type WebLink,
} from '../shared/protocol.ts';
import { chainOf, readableBy } from './aliases.ts';
import { addCompletionRoute } from './api-completion.ts';
import { addEntryRoutes } from './api-entries.ts';
import { MAX_PAGE, readEntriesPage } from './catalogue.ts';
import { isHeld } from './held.ts';
import { createApp } from './http.ts';
import type { Intake } from './intake.ts';
import type { Library } from './library.ts';
import { LINK_SECONDS, type WebLinks } from './pages/web-links.ts';
import { inState } from './paths.ts';
import { listPins, pinEntry, pinLimit, pinnedDigests, titleOf, unpinEntry } from './pins.ts';
import { quietKey } from './quiet-day.ts';
import { hasRaw } from './raw-snapshots.ts';
import { readHeldNote } from './shrink-guard.ts';
import {
  baseSnapshot,
  findSnapshot,
  listSnapshots,
  newestSnapshot,
  readSums,
} from './snapshots.ts';
import { confirmUnchanged } from './unchanged.ts';

export interface ApiOptions {
  library: Library;
  intake: Intake;
  /** Called when a laptop looks at its snapshots and there are some of the original program. */
  onRaw: (serial: Serial) => void;
  onOpen: (serial: Serial) => void;
  onClose: (serial: Serial) => void;
  /** A laptop said that nothing changed since its newest snapshot. */
  onUnchanged: (serial: Serial) => void;
  links: WebLinks;
}

/** The longest wait for an outcome, in seconds; the laptop asks again. */
const MAX_WAIT_SECONDS = 30;
const MAX_BODY_BYTES = 64 * 1024;
const UNCHANGED_REFUSALS = {
  changed: ['bad-input', 'this is not the newest snapshot'],
  damaged: ['damaged', 'something in the newest snapshot is damaged'],
} as const;
/** `ds-backup 1 CSN74803BB1\n` */
const GREETING = /^ds-backup 1 ([A-Z0-9]{11})$/;
const MAX_GREETING = 64;

/** Listens on the Unix socket that session scripts connect to. */
export async function serveApi(options: ApiOptions): Promise<AsyncDisposable> {
  const laptops = new WeakMap<Socket, Serial>();
  const { registrations, log } = options.library;
  const app = createApp(log, MAX_BODY_BYTES, 0);
  // A channel is one connection for a whole run, silent while rsync works; SSH notices its end.
  app.server.keepAliveTimeout = 0;
  app.server.headersTimeout = 0;
  addRoutes(app, options, (socket) => {
    const serial = laptops.get(socket);
    if (!serial) throw new DsError('internal', 'a connection without a laptop');
    if (registrations.isActive(serial)) return serial;
    throw new DsError('not-registered', 'this laptop is out of use here'); // since it connected
  });
  await app.ready();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // a laptop that vanishes is ordinary
    readGreeting(socket, (serial) => {
      if (!registrations.isActive(serial)) return socket.destroy();
      laptops.set(socket, serial);
      options.onOpen(serial);
      socket.once('close', () => options.onClose(serial));
      app.server.emit('connection', socket);
    });
  });
  await listen(server, options.library);
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await app.close();
    },
  };
}

async function listen(server: Server, { paths, access }: Library): Promise<void> {
  const { apiSocket } = inState(paths);
  rmSync(apiSocket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(apiSocket, resolve);
  });
  if (access.ownUid === 0) chownSync(apiSocket, 0, access.sessionGid);
  chmodSync(apiSocket, 0o660);
}

function readGreeting(socket: Socket, onSerial: (serial: Serial) => void): void {
  let line = '';
  const decoder = new StringDecoder('latin1');
  const onReadable = () => {
    for (;;) {
      const byte: Buffer | null = socket.read(1);
      if (byte === null) return;
      const character = decoder.write(byte);
      if (character !== '\n') {
        line += character;
        if (line.length > MAX_GREETING) return void socket.destroy();
        continue;
      }
      socket.off('readable', onReadable);
      const serial = GREETING.exec(line)?.[1];
      if (serial) onSerial(parseSerial(serial));
      else socket.destroy();
      return;
    }
  };
  socket.on('readable', onReadable);
}

function addRoutes(
  app: FastifyInstance,
  { library, intake, onRaw, onUnchanged, links }: ApiOptions,
  laptopOf: (socket: Socket) => Serial,
): void {
  const { paths, clock } = library;
  addPinRoutes(app, library, laptopOf);
  addCompletionRoute(app, paths, (request) => laptopOf(request.raw.socket));

  app.get('/v1/state', async (request) => {
    const serial = laptopOf(request.raw.socket);
    const newest = newestSnapshot(paths, serial);
    const base = baseSnapshot(paths, serial);
    return {
      serial,
      serverTime: clock.now().toISOString(),
      newest: newest ? summarize(newest) : null,
      base: base ? summarize(base) : null,
      held: base && isHeld(paths, base) ? readHeldNote(base.folder) : null,
    };
  });

  addReadRoutes(app, library, onRaw, laptopOf);

  app.get('/v1/quiet-key', async (request) => {
    return { key: quietKey(paths, laptopOf(request.raw.socket)).toString('base64') };
  });

  app.post('/v1/weblink', async (request): Promise<WebLink> => {
    return { path: links.make(laptopOf(request.raw.socket)), seconds: LINK_SECONDS };
  });

  app.post('/v1/unchanged', async (request, reply) => {
    const serial = laptopOf(request.raw.socket);
    const claim = parseUnchanged(request.body);
    const verdict = confirmUnchanged(library, serial, claim);
    if (verdict !== 'safe') {
      const [code, message] = UNCHANGED_REFUSALS[verdict];
      return reply.status(409).send({ code, message });
    }
    onUnchanged(serial);
    return reply.status(204).send();
  });

  app.get<{ Params: { run: string }; Querystring: { wait?: string } }>(
    '/v1/runs/:run',
    async (request) => {
      const serial = laptopOf(request.raw.socket);
      const run = parseRunId(request.params.run);
      const wait = parseWhole(request.query.wait ?? '0', 0, MAX_WAIT_SECONDS, 'wait');
      return intake.finalOutcome(serial, run, wait * 1000);
    },
  );
}

/** What is kept of this laptop, or of one whose place it took (X10). */
function addReadRoutes(
  app: FastifyInstance,
  library: Library,
  onRaw: (serial: Serial) => void,
  laptopOf: (socket: Socket) => Serial,
): void {
  const { paths, registrations } = library;
  const laptops = registrations.bySerial();
  const ownerOf = (request: { raw: { socket: Socket }; query: { of?: string } }): Serial =>
    readableBy(laptopOf(request.raw.socket), request.query.of, laptops);
  addEntryRoutes(app, library, { laptopOf: (request) => laptopOf(request.raw.socket), ownerOf });

  app.get('/v1/laptops', async (request): Promise<ReadableLaptops> => {
    const serial = laptopOf(request.raw.socket);
    const shown = [serial, ...chainOf(serial, laptops)].map((one) => ({
      serial: one,
      nick: laptops.get(one)?.nick ?? '',
      color: laptops.get(one)?.colors ?? '',
      replaced: one !== serial,
    }));
    return { laptops: shown };
  });

  app.get<{ Querystring: { of?: string } }>('/v1/snapshots', async (request) => {
    const owner = ownerOf(request);
    if (hasRaw(paths, owner)) onRaw(owner);
    return { snapshots: listSnapshots(paths, owner).map(summarize) };
  });

  app.get<{ Params: { name: string }; Querystring: { of?: string } }>(
    '/v1/snapshots/:name/sums',
    async (request, reply) => {
      const snapshot = findSnapshot(
        paths,
        ownerOf(request),
        parseSnapshotName(request.params.name),
      );
      void reply.type('text/plain; charset=utf-8');
      return readSums(snapshot);
    },
  );

  app.get<{
    Params: { name: string };
    Querystring: { after?: string; limit?: string; of?: string };
  }>('/v1/snapshots/:name/entries', async (request) => {
    const owner = ownerOf(request);
    const snapshot = findSnapshot(paths, owner, parseSnapshotName(request.params.name));
    const after = request.query.after === undefined ? undefined : parseUid(request.query.after);
    const limit = parseWhole(request.query.limit ?? String(MAX_PAGE), 1, MAX_PAGE, 'limit');
    return readEntriesPage(snapshot, after, limit, pinnedDigests(paths, owner));
  });
}

/** Pins of one laptop's own entries (X8). */
function addPinRoutes(
  app: FastifyInstance,
  library: Library,
  laptopOf: (socket: Socket) => Serial,
): void {
  const { paths, turns, log } = library;
  const list = (serial: Serial): Pins => {
    const pins = listPins(paths, serial).map((pin) => {
      const { uid, digest, bytes, snapshot, pinned } = pin;
      return { uid, digest, bytes, snapshot, pinned, title: titleOf(pin) };
    });
    const bytes = pins.reduce((sum, one) => sum + one.bytes, 0);
    return { pins, bytes, limit: pinLimit(library) };
  };

  app.get('/v1/pins', async (request) => list(laptopOf(request.raw.socket)));

  app.put<{ Params: { uid: string } }>('/v1/pins/:uid', async (request) => {
    const serial = laptopOf(request.raw.socket);
    const uid = parseUid(request.params.uid);
    const { snapshot: name } = parsePinRequest(request.body);
    await turns.run(() => {
      const snapshot = findSnapshot(paths, serial, name);
      pinEntry(library, serial, snapshot, uid, pinLimit(library));
    });
    log.info('pinned', { serial, uid, snapshot: name });
    return list(serial);
  });

  app.delete<{ Params: { uid: string }; Querystring: { digest?: string } }>(
    '/v1/pins/:uid',
    async (request) => {
      const serial = laptopOf(request.raw.socket);
      const uid = parseUid(request.params.uid);
      const { digest } = request.query;
      const version = digest === undefined ? undefined : parseDigest(digest);
      await turns.run(() => unpinEntry(library, serial, uid, version));
      log.info('unpinned', { serial, uid });
      return list(serial);
    },
  );
}

function summarize(manifest: Manifest): SnapshotSummary {
  const { name, sequence, created, entries, bytes, state } = manifest;
  return { name, sequence, created, entries, bytes, state };
}

function parseWhole(text: string, min: number, max: number, what: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new DsError('bad-input', `"${what}" must be a whole number from ${min} to ${max}`);
}
