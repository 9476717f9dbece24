/**
 * The class page over the control API: a laptop offers its own entries only, takes them back, and is told
 * what a teacher said. While there is no class page, only taking back is there.
 */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { DsError } from '../../shared/errors.ts';
import { type Digest, parseDigest, parseUid, type Serial, type Uid } from '../../shared/ids.ts';
import {
  type ClassOffers,
  type ClassStanding,
  parseClassRequest,
} from '../../shared/protocol/messages.ts';
import { NotVouched, noOffer } from '../class-page/offer.ts';
import { readOffers, withdraw } from '../class-page/offer-file.ts';
import { isOn } from '../class-page/switch.ts';
import type { Library } from '../library.ts';
import { knownOffer, offerVersion, unpinWithdrawn } from '../pins/offering.ts';
import { pinLimit } from '../pins/pins.ts';
import { Pace } from '../registration/pace.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { findSnapshot, readVersions } from '../storage/snapshots.ts';
import { factsOf } from './entry-facts.ts';
import { readVersion } from './read-entries.ts';

/** New offers of one laptop in an hour: each is written to the disk, and asks for a teacher's time. */
const PACE = { perHour: 20, free: 20, pauseSeconds: 0 };

export function addClassRoutes(
  app: FastifyInstance,
  library: Library,
  laptopOf: (socket: Socket) => Serial,
): void {
  const { paths, workQueue, log, registrations } = library;
  const pace = new Pace(library.clock, PACE);
  const list = (serial: Serial) => offersOf(paths, serial);

  app.get('/v1/class', async (request) => {
    checkOn(paths);
    return list(laptopOf(request.raw.socket));
  });

  app.put<{ Params: { uid: string } }>('/v1/class/:uid', async (request) => {
    const serial = laptopOf(request.raw.socket);
    const child = checkMayOffer(library, serial);
    const uid = parseUid(request.params.uid);
    const { snapshot: name } = parseClassRequest(request.body);
    const state = await workQueue.run(() => {
      // Its turn may come after hours.
      if (checkMayOffer(library, serial) !== child) throw new NotVouched();
      const snapshot = findSnapshot(paths, serial, name);
      const known = knownOffer(paths, serial, uid, readVersions(snapshot).get(uid));
      if (known) return known.state;
      checkPace(pace, serial);
      const { colors = null } = registrations.get(serial) ?? {};
      const nick = registrations.nickOf(serial);
      const limit = pinLimit(library, serial);
      log.info('offered-to-class', { serial, uid });
      return offerVersion(library, serial, { snapshot, uid, nick, colors, limit }).state;
    });
    return { state, ...list(serial) };
  });

  app.delete<{ Params: { uid: string }; Querystring: { digest?: string } }>(
    '/v1/class/:uid',
    async (request) => {
      // Also while there is no class page: what is kept of it would be shown when it is switched on again.
      const serial = laptopOf(request.raw.socket);
      const uid = parseUid(request.params.uid);
      const { digest } = request.query;
      const version = digest === undefined ? undefined : parseDigest(digest);
      // At once: the queue may be busy for hours, and nobody must see it meanwhile.
      let ended = withdraw(paths, serial, uid, version).length;
      ended += await workQueue.run(() => {
        // And again: an offer that was asked for before may have had its turn since.
        const late = withdraw(paths, serial, uid, version).length;
        return late + unpinWithdrawn(library, serial, uid, version);
      });
      if (ended === 0) throw noOffer();
      log.info('taken-back-from-class', { serial, uid });
      return list(serial);
    },
  );
}

/** With their titles, empty where they cannot be read. */
function offersOf(paths: Paths, serial: Serial): ClassOffers {
  const offers = readOffers(paths, serial).offers.map(({ uid, digest, snapshot, state }) => {
    const { entry } = readVersion(inLaptop(paths, serial).pin(uid, digest), uid, digest);
    return { uid, digest, snapshot, state, title: entry ? factsOf(entry, 0).title : '' };
  });
  return { offers };
}

/** What became of this version; undefined while there is no class page, or where it would be refused. */
export function classStanding(
  library: Library,
  serial: Serial,
  uid: Uid,
  digest: Digest,
): ClassStanding | undefined {
  if (!isOn(library.paths)) return undefined;
  const known = knownOffer(library.paths, serial, uid, digest);
  return known?.state ?? (mayOffer(library, serial) ? 'none' : undefined);
}

/** Whether there is a class page, and this laptop is one that somebody has vouched for. */
export function mayOffer({ paths, registrations }: Library, serial: Serial): boolean {
  return isOn(paths) && registrations.isConfirmed(serial);
}

/** Returns the key of whoever offers: another child's laptop has another one. Throws `not-found`, `server-refused`. */
function checkMayOffer({ paths, registrations }: Library, serial: Serial): string | null {
  checkOn(paths);
  if (!registrations.isConfirmed(serial)) throw new NotVouched();
  return registrations.get(serial)?.keys.own ?? null;
}

/** Answers as for any address that is not there. */
function checkOn(paths: Paths): void {
  if (!isOn(paths)) throw new DsError('not-found', 'there is no such page');
}

function checkPace(pace: Pace, serial: Serial): void {
  const seconds = pace.waitSeconds(serial);
  if (seconds > 0) {
    const message = `${PACE.perHour} things were offered to the class within an hour`;
    throw new DsError('server-refused', message, {
      hint: `offer more in ${Math.ceil(seconds / 60)} minutes`,
    });
  }
  pace.count(serial);
}
