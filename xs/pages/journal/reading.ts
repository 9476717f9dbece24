/**
 * Who reads whose Journal: the first thing that each route of the restore pages finds out. What is not
 * the reader's is answered like what is not there.
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
  /** The reader's laptop and those whose place it took. */
  owners: Owner[];
}

export type OnDay = FastifyRequest<{ Params: { reader: string; owner: string; day: string } }>;
export type OnEntry = FastifyRequest<{
  Params: { reader: string; owner: string; day: string; uid: string };
}>;

/** Throws when whoever asks must not read this Journal. */
export function admit(
  { guard, journals, reads }: JournalSite,
  request: FastifyRequest<{ Params: { reader: string } }>,
): Reading {
  const reader = known(() => parseSerial(request.params.reader));
  const visitor = guard.reader(request, reader);
  if (visitor.role === 'teacher') reads.note(visitor.name, reader);
  return { reader, owners: journals.ownersFor(reader) };
}

/** Throws `not-found` for a laptop that is none of the reader's, as for a day that is not there. */
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

/** A malformed name is answered as one that is not there. */
function known<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new DsError('not-found', 'there is no such page', { cause });
  }
}
