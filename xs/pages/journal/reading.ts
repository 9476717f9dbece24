/**
 * Access to a Journal, checked first by every route of it. What the reader may not see is answered like
 * what does not exist.
 */
import type { FastifyRequest } from 'fastify';
import { DsError } from '../../../shared/errors.ts';
import { parseSerial, parseSnapshotName, parseUid, type Serial } from '../../../shared/ids.ts';
import { dayPath, homePath } from '../frame/paths.ts';
import { Missing, type MissingThing, noPage } from '../guard/missing.ts';
import type { Site } from '../guard/site-context.ts';
import type { Journals, Owner, ReadEntry, ShownSnapshot } from './journal.ts';
import type { TeacherReads } from './teacher-reads.ts';

/** What the routes of a Journal are given. */
export interface JournalSite extends Site {
  journals: Journals;
  reads: TeacherReads;
}

export interface Reading {
  reader: Serial;
  /** The reader's laptop and those it replaces. */
  owners: Owner[];
}

export type OnDay = FastifyRequest<{ Params: { reader: string; owner: string; day: string } }>;
export type OnEntry = FastifyRequest<{
  Params: { reader: string; owner: string; day: string; uid: string };
}>;

/** Throws `not-found`, or `SignInNeeded`, when this visitor may not read this Journal. */
export function admit(
  { guard, journals, reads }: JournalSite,
  request: FastifyRequest<{ Params: { reader: string } }>,
): Reading {
  const reader = known(() => parseSerial(request.params.reader));
  const visitor = guard.reader(request, reader);
  if (visitor.role === 'teacher') reads.note(visitor.name, reader);
  return { reader, owners: journals.ownersFor(reader) };
}

/** Throws `not-found` for a laptop that the reader's does not replace, or a missing day. */
export function dayOf(
  { journals }: Pick<JournalSite, 'journals'>,
  { reader, owners }: Reading,
  params: { owner: string; day: string },
): ShownSnapshot {
  const owner = owners.find((one) => one.serial === params.owner);
  if (!owner) throw noPage();
  const name = known(() => parseSnapshotName(params.day));
  const snapshot = orMissing(() => journals.snapshot(owner, name), {
    type: 'day',
    home: homePath(reader),
  });
  return { owner, snapshot, created: Math.floor(Date.parse(snapshot.created) / 1000) };
}

/** Throws `not-found` for an entry that the day does not have. */
export function entryOf(
  { journals }: Pick<JournalSite, 'journals'>,
  { reader }: Reading,
  day: ShownSnapshot,
  params: { uid: string },
): ReadEntry {
  const uid = known(() => parseUid(params.uid));
  return orMissing(() => journals.read(day.snapshot, uid), {
    type: 'entry',
    day: dayPath(reader, day),
  });
}

/** A malformed name is answered like a missing one. */
function known<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Missing({ type: 'page' }, cause);
  }
}

function orMissing<T>(read: () => T, thing: MissingThing): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof DsError && error.code === 'not-found'
      ? new Missing(thing, error)
      : error;
  }
}
