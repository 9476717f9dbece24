/**
 * Access to a Journal, checked first by every route of it. What the reader may not see is answered like
 * what does not exist.
 */
import type { FastifyRequest } from 'fastify';
import { DsError } from '../../../shared/errors.ts';
import { parseSerial, parseSnapshotName, type Serial } from '../../../shared/ids.ts';
import type { Site } from '../guard/site-context.ts';
import type { Journals, Owner, ShownSnapshot } from './journal.ts';
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
  { owners }: Reading,
  params: { owner: string; day: string },
): ShownSnapshot {
  const owner = owners.find((one) => one.serial === params.owner);
  if (!owner) throw new DsError('not-found', 'there is no such page');
  const snapshot = journals.snapshot(
    owner,
    known(() => parseSnapshotName(params.day)),
  );
  return { owner, snapshot, created: Math.floor(Date.parse(snapshot.created) / 1000) };
}

/** A malformed name is answered like a missing one. */
function known<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new DsError('not-found', 'there is no such page', { cause });
  }
}
