/**
 * The control API of a laptop: HTTP over its SSH session, forwarded by the session script (PROTOCOL.md,
 * "The control API"). `session-socket.ts` says which laptop a connection belongs to.
 */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { DsError } from '../../shared/errors.ts';
import { parseRunId, parseSnapshotName, parseUid, type Serial } from '../../shared/ids.ts';
import {
  type Manifest,
  parseQuietClaim,
  type ReadableLaptops,
  type SnapshotSummary,
  type WebLink,
} from '../../shared/protocol/messages.ts';
import { isHeld } from '../ingest/held.ts';
import type { Intake } from '../ingest/intake.ts';
import { readHeldNote } from '../ingest/shrink-guard.ts';
import { settleTwins } from '../ingest/twin-line.ts';
import { hasRaw } from '../legacy/raw-snapshots.ts';
import type { Library } from '../library.ts';
import { pinnedDigests } from '../pins/pins.ts';
import { chainOf, readableBy } from '../registration/aliases.ts';
import { meetAgent } from '../registration/twin-file.ts';
import { openSessionSocket } from '../ssh/session-socket.ts';
import {
  baseSnapshot,
  findSnapshot,
  listSnapshots,
  newestSnapshot,
  readSums,
} from '../storage/snapshots.ts';
import { uploadGate } from '../traffic/leases.ts';
import type { Load, Traffic } from '../traffic/traffic.ts';
import { createApp } from './app.ts';
import { MAX_PAGE, readEntriesPage } from './catalogue.ts';
import { addClassRoutes, mayOffer } from './class-page.ts';
import { addCompletionRoute } from './completion.ts';
import { addEntryRoutes } from './entries.ts';
import { withoutInsides } from './error-answer.ts';
import { addNotSafeRoute } from './not-safe.ts';
import { addPinRoutes } from './pins.ts';
import { judgeQuietClaim } from './quiet-claim.ts';
import { quietKey } from './quiet-day.ts';
import { LINK_SECONDS, type WebLinks } from './web-links.ts';

export interface ApiOptions {
  library: Library;
  intake: Intake;
  /** Called when a laptop lists its snapshots and some are still in the original program's format. */
  onRaw: (serial: Serial) => void;
  /** Notified of each channel; decides whether a laptop without a lease may upload. */
  traffic: Traffic;
  load: () => Promise<Load>;
  links: WebLinks;
}

/** The longest wait for an outcome, in seconds; the laptop then asks again. */
const MAX_WAIT_SECONDS = 30;
const MAX_BODY_BYTES = 64 * 1024;
const QUIET_REFUSALS = {
  changed: ['bad-input', 'this is not the newest snapshot'],
  damaged: ['damaged', 'something in the newest snapshot is damaged'],
} as const;

/** Serves the control channels of the session socket until disposed. */
export async function serveApi(options: ApiOptions): Promise<AsyncDisposable> {
  const laptops = new WeakMap<Socket, Serial>();
  const { traffic, load, library } = options;
  const { registrations, log } = library;
  const app = createApp(log, MAX_BODY_BYTES, 0);
  // A channel is one connection for a whole run, idle while rsync works; SSH detects its end.
  app.server.keepAliveTimeout = 0;
  app.server.headersTimeout = 0;
  app.addHook('onRequest', async ({ raw }) => {
    const serial = laptops.get(raw.socket);
    if (serial) traffic.active(serial);
  });
  addRoutes(app, options, (socket) => {
    const serial = laptops.get(socket);
    if (!serial) throw new DsError('internal', 'a connection that belongs to no laptop');
    if (registrations.isActive(serial)) return serial;
    throw new DsError('not-registered', 'this laptop is out of use here'); // since it connected
  });
  await app.ready();
  const sessions = await openSessionSocket({
    library,
    mayUpload: uploadGate(traffic, (serial) => registrations.isActive(serial), load),
    onChannel: (serial, socket) => {
      laptops.set(socket, serial);
      traffic.sessionOpened(serial);
      socket.once('close', () => traffic.sessionClosed(serial));
      app.server.emit('connection', socket);
    },
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await sessions[Symbol.asyncDispose]();
      await app.close();
    },
  };
}

function addRoutes(
  app: FastifyInstance,
  { library, intake, onRaw, links }: ApiOptions,
  laptopOf: (socket: Socket) => Serial,
): void {
  const { paths, clock } = library;
  addPinRoutes(app, library, laptopOf);
  addClassRoutes(app, library, laptopOf);
  addCompletionRoute(app, paths, (request) => laptopOf(request.raw.socket));
  addNotSafeRoute(app, paths, (request) => laptopOf(request.raw.socket));

  app.get('/v1/state', async (request) => {
    const serial = laptopOf(request.raw.socket);
    const builtOn = baseSnapshot(paths, serial)?.sequence ?? 0;
    const met = await meetAgent(library, serial, request.query, builtOn);
    if (met.type === 'ours' && met.settle) await settle(library, serial);
    const newest = newestSnapshot(paths, serial);
    const base = baseSnapshot(paths, serial);
    return {
      serial,
      serverTime: clock.now().toISOString(),
      newest: newest ? summarize(newest) : null,
      base: base ? summarize(base) : null,
      held: base && isHeld(paths, base) ? readHeldNote(base.folder) : null,
      confirmed: library.registrations.isConfirmed(serial),
      classPage: mayOffer(library, serial),
      ...(met.type === 'moved' && { moved: { serial: met.to.serial, uuid: met.to.uuid } }),
    };
  });

  addReadRoutes(app, library, onRaw, laptopOf);

  addQuietRoutes(app, library, laptopOf);

  app.post('/v1/weblink', async (request): Promise<WebLink> => {
    return { path: links.make(laptopOf(request.raw.socket)), seconds: LINK_SECONDS };
  });

  app.get<{ Params: { run: string }; Querystring: { wait?: string } }>(
    '/v1/runs/:run',
    async (request) => {
      const serial = laptopOf(request.raw.socket);
      const run = parseRunId(request.params.run);
      const wait = parseWhole(request.query.wait ?? '0', 0, MAX_WAIT_SECONDS, 'wait');
      return withoutInsides(await intake.finalOutcome(serial, run, wait * 1000));
    },
  );
}

/** A day without changes: the key of its proof over HTTP, and the claim over this channel. */
function addQuietRoutes(
  app: FastifyInstance,
  library: Library,
  laptopOf: (socket: Socket) => Serial,
): void {
  const { paths } = library;
  app.get('/v1/quiet-key', async (request) => {
    const key = await quietKey(paths, laptopOf(request.raw.socket));
    return { key: key.toString('base64') };
  });

  app.post('/v1/unchanged', async (request, reply) => {
    const serial = laptopOf(request.raw.socket);
    const claim = parseQuietClaim(request.body);
    const verdict = await judgeQuietClaim(library, serial, claim);
    if (verdict === 'changed' || verdict === 'damaged') {
      const [code, message] = QUIET_REFUSALS[verdict];
      return reply.status(409).send({ code, message });
    }
    const base = verdict === 'held' ? baseSnapshot(paths, serial) : undefined;
    if (!base) return reply.status(204).send();
    return { held: readHeldNote(base.folder).detail };
  });
}

/** Before it is told what its next backup builds on. */
async function settle(library: Library, serial: Serial): Promise<void> {
  const { workQueue, index, log } = library;
  for (const changed of await workQueue.run(() => settleTwins(library, serial))) {
    log.info('twins-settled', { serial: changed });
    await index.reindex(changed);
  }
}

/** Backups of this laptop, or of one that it replaces. */
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
      nick: registrations.nickOf(one),
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
    return readEntriesPage(library, snapshot, after, limit, pinnedDigests(paths, owner));
  });
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
