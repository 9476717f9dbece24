/**
 * Pins over the control API: a laptop pins and unpins its own entries only.
 */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { parseDigest, parseUid, type Serial } from '../../shared/ids.ts';
import { type Pins, parsePinRequest } from '../../shared/protocol/messages.ts';
import type { Library } from '../library.ts';
import { pinEntry, unpinEntry } from '../pins/pinning.ts';
import { listPins, pinLimit, titleOf } from '../pins/pins.ts';
import { findSnapshot } from '../storage/snapshots.ts';

export function addPinRoutes(
  app: FastifyInstance,
  library: Library,
  laptopOf: (socket: Socket) => Serial,
): void {
  const { paths, workQueue, log } = library;
  const list = (serial: Serial): Pins => {
    const pins = listPins(paths, serial).map((pin) => {
      const { uid, digest, bytes, snapshot, pinned } = pin;
      return { uid, digest, bytes, snapshot, pinned, title: titleOf(pin) };
    });
    const bytes = pins.reduce((sum, one) => sum + one.bytes, 0);
    return { pins, bytes, limit: pinLimit(library, serial) };
  };

  app.get('/v1/pins', async (request) => list(laptopOf(request.raw.socket)));

  app.put<{ Params: { uid: string } }>('/v1/pins/:uid', async (request) => {
    const serial = laptopOf(request.raw.socket);
    const uid = parseUid(request.params.uid);
    const { snapshot: name, kept = false } = parsePinRequest(request.body);
    await workQueue.run(() => {
      const snapshot = findSnapshot(paths, serial, name);
      pinEntry(library, serial, snapshot, uid, { limit: pinLimit(library, serial), kept });
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
      await workQueue.run(() => unpinEntry(library, serial, uid, { digest: version, own: true }));
      log.info('unpinned', { serial, uid });
      return list(serial);
    },
  );
}
