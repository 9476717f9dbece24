/**
 * The control API's part about single entries: details, pictures, and whether what is kept of one is
 * whole. Of this laptop, or of one it replaces.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DsError } from '../../shared/errors.ts';
import { parseSnapshotName, parseUid, type Serial } from '../../shared/ids.ts';
import { type EntryDetails, parseVerifyRequest } from '../../shared/protocol/messages.ts';
import type { Library } from '../library.ts';
import { findPin, pinnedDigests } from '../pins/pins.ts';
import type { Paths } from '../storage/paths.ts';
import { findSnapshot, listSnapshots } from '../storage/snapshots.ts';
import { readDetails, readPreview, type Version, verifyEntry, versionIn } from './catalogue.ts';
import { classStanding } from './class-page.ts';

interface OneEntry {
  Params: { name: string; uid: string };
  Querystring: { of?: string };
}

export interface Whose {
  /** The laptop that asks. */
  laptopOf: (request: FastifyRequest) => Serial;
  /** The laptop it asks about. Throws `not-found` for one that is none of its business. */
  ownerOf: (request: FastifyRequest<{ Querystring: { of?: string } }>) => Serial;
}

export function addEntryRoutes(app: FastifyInstance, library: Library, whose: Whose): void {
  const { paths } = library;
  app.get<OneEntry>('/v1/snapshots/:name/entries/:uid', async (request): Promise<EntryDetails> => {
    const owner = whose.ownerOf(request as never);
    const version = findVersion(paths, owner, request.params);
    const details = await readDetails(
      version,
      listSnapshots(paths, owner),
      pinnedDigests(paths, owner),
    );
    const isOwn = owner === whose.laptopOf(request);
    const standing = isOwn && classStanding(library, owner, version.uid, version.digest);
    return standing ? { ...details, classPage: standing } : details;
  });

  app.get<OneEntry>('/v1/snapshots/:name/entries/:uid/preview', async (request, reply) => {
    const owner = whose.ownerOf(request as never);
    const picture = readPreview(findVersion(paths, owner, request.params));
    if (!picture) return reply.status(204).send();
    return reply.type('image/png').send(picture);
  });

  /** Of the laptop's own: before it drops an entry's content, the school's copy must be whole. */
  app.post('/v1/verify', async (request, reply) => {
    const { snapshot, uid } = parseVerifyRequest(request.body);
    await verifyEntry(findSnapshot(paths, whose.laptopOf(request), snapshot), uid);
    return reply.status(204).send();
  });
}

/** From the snapshot or, where cleanup removed that, from its pin. Throws `not-found`. */
function findVersion(paths: Paths, owner: Serial, params: OneEntry['Params']): Version {
  const name = parseSnapshotName(params.name);
  const uid = parseUid(params.uid);
  try {
    return versionIn(findSnapshot(paths, owner, name), uid);
  } catch (error) {
    const isGone = error instanceof DsError && error.code === 'not-found';
    const pin = isGone ? findPin(paths, owner, uid, name) : undefined;
    if (pin) return pin;
    throw error;
  }
}
