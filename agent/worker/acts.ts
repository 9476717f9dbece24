/**
 * What a worker can do, by name. An act checks its parameters, loads only the modules that it needs, and
 * returns plain data: what a job came to, or the rows of an answer.
 */
import * as v from 'valibot';
import { DsError } from '../../shared/errors.ts';
import { parseDigest, parseUid } from '../../shared/ids.ts';
import type { BackupSummary } from '../backup/backup.ts';
import type { WithHere } from '../browse/catalogue.ts';
import {
  entryNames,
  job,
  listing,
  nothing,
  parseEntry,
  parsePlace,
  pinNotes,
  place,
  version,
} from './parameters.ts';
import { sendPins } from './send-pins.ts';
import type { WorkerContext } from './worker-context.ts';

/** What a job came to: figures for everybody, and details that the bus has no place for. */
export interface JobResult {
  summary: Record<string, number>;
  details: JobDetails;
}

export interface JobDetails {
  /** The snapshot's number at school. */
  sequence?: number;
  snapshot?: string;
  /** Why the school holds this backup back until somebody decides; absent when it does not. */
  held?: string;
  /** Entries that could not be read or brought back. */
  problems?: BackupSummary['problems'];
  /** Entries that were brought back after a repair. */
  repaired?: BackupSummary['problems'];
}

interface Act<Schema extends v.GenericSchema, Result> {
  params: Schema;
  run: (worker: WorkerContext, params: v.InferOutput<Schema>) => Promise<Result>;
}

function act<Schema extends v.GenericSchema, Result>(
  params: Schema,
  run: Act<Schema, Result>['run'],
): Act<Schema, Result> {
  return { params, run };
}

const restore = act(job, async ({ context }, params): Promise<JobResult> => {
  const { restore } = await import('../restore/restore.ts');
  const { wait } = params;
  const entry = parseEntry(params);
  const done = await restore(context, { ...parsePlace(params), entry, wait });
  if (entry && done.isKept) {
    const { fetchBack } = await import('../keep/fetch-back.ts');
    done.receivedBytes = await fetchBack(context, entry);
    Object.assign(done, { restored: 1, alreadyHere: 0 });
  }
  const { restored, beside, alreadyHere, receivedBytes, problems, repaired, snapshot } = done;
  const counts = { problems: problems.length, repaired: repaired.length };
  return {
    summary: { restored, beside, alreadyHere, receivedBytes, ...counts },
    details: { snapshot, problems, repaired },
  };
});

const ACTS = {
  backup: act(job, async ({ context }, { wait }): Promise<JobResult> => {
    const { backUp } = await import('../backup/backup.ts');
    const done = await backUp(context, wait);
    const { problems, held, snapshot, sequence, entries, changed, removed, sentBytes } = done;
    return {
      summary: { entries, changed, removed, sentBytes, problems: problems.length },
      details: { snapshot, sequence, problems, ...(held !== null && { held }) },
    };
  }),

  restore,
  'restore-entry': restore,

  keep: act(job, async ({ context }, { entry }): Promise<JobResult> => {
    const { keepAtSchool } = await import('../keep/keep.ts');
    return { summary: { bytes: await keepAtSchool(context, parseUid(entry)) }, details: {} };
  }),

  fetch: act(job, async ({ context }, { entry }): Promise<JobResult> => {
    const { fetchBack } = await import('../keep/fetch-back.ts');
    return { summary: { bytes: await fetchBack(context, parseUid(entry)) }, details: {} };
  }),

  'send-pins': act(pinNotes, sendPins),

  /** Entries whose content is only at school. */
  kept: act(nothing, async ({ context }) => {
    return (await import('../keep/fetch-back.ts')).listKept(context);
  }),

  /** Makes Sugar show what a stopped restore placed, which may take longer than a stop may. */
  'show-restored': act(nothing, async ({ context }) => {
    await (await import('../restore/show-restored.ts')).showRestored(context);
  }),

  /** Throws `only-copy` for a pin that has the only copy of a content. */
  'check-unpin': act(place, async ({ context }, params) => {
    const { checkUnpin } = await import('../keep/fetch-back.ts');
    checkUnpin(context, parseUid(params.entry));
  }),

  'forget-restore': act(place, async ({ context }, params) => {
    const { of, snapshot } = parsePlace(params);
    const { openState } = await import('../state.ts');
    await using state = await openState(context.paths.state);
    if (snapshot) await state.endRestore({ of, snapshot });
  }),

  /** Shows a day in the Journal, until that ends. */
  volume: act(place, async ({ context, tell }, params) => {
    const { serveVolume } = await import('../volume/volume.ts');
    return serveVolume(context, { origin: parsePlace(params), tell });
  }),

  /** Finishes copies that were made from a day shown in the Journal; those that broke off are returned. */
  'finish-copies': act(nothing, async ({ context }) => {
    return (await import('../volume/copies.ts')).finishCopies(context);
  }),

  /** What this laptop knows without asking the school server. */
  facts: act(nothing, async ({ context, journalChanged }) => {
    journalChanged();
    const { readFacts } = await import('../browse/facts.ts');
    return readFacts(context);
  }),

  /** Where every entry stands. */
  census: act(nothing, async ({ context }) => {
    return (await import('../browse/facts.ts')).readStandings(context);
  }),

  laptops: act(nothing, ({ session }) => session.ask(({ control }) => control.laptops())),

  snapshots: act(place, async ({ session }, params) => {
    const { of } = parsePlace(params);
    const snapshots = await session.ask(({ control }) => control.snapshots(of));
    return snapshots.map(({ name, created, entries, bytes }) => {
      return { snapshot: name, created: secondsOf(created), entries, bytes };
    });
  }),

  entries: act(listing, async ({ catalogue }, { search, offset, limit, ...where }) => {
    const lists = await catalogue();
    const { total, entries } = await lists.entries(parsePlace(where), search, offset, limit);
    return { total, entries: entries.map(rowOf) };
  }),

  details: act(place, async ({ catalogue }, params) => {
    const lists = await catalogue();
    const details = await lists.details(parsePlace(params), parseUid(params.entry));
    const versions = details.versions.map(({ snapshot, created, digest }) => {
      return [snapshot, secondsOf(created), digest] as const;
    });
    return { ...rowOf(details), 'class-page': details.classPage ?? '', versions };
  }),

  /** A PNG in base64; empty for an entry without a picture. */
  preview: act(place, async ({ catalogue }, params) => {
    const lists = await catalogue();
    const picture = await lists.preview(parsePlace(params), parseUid(params.entry));
    return picture.toString('base64');
  }),

  plan: act(place, async ({ catalogue }, params) => (await catalogue()).plan(parsePlace(params))),

  'web-link': act(nothing, async ({ context, session }) => {
    const { findServer } = await import('../school/session.ts');
    const { server } = await findServer(context);
    return new URL(await session.ask(({ control }) => control.webLink()), server).href;
  }),

  'class-offers': act(nothing, ({ session }) =>
    session.ask(({ control }) => control.classOffers()),
  ),

  /** Offers this version of an entry to the class; what became of it. */
  offer: act(place, async ({ session, catalogue }, params) => {
    const [where, uid] = [parsePlace(params), parseUid(params.entry)];
    const snapshot = await (await catalogue()).nameOf(where);
    return session.ask(({ control }) => control.offerToClass(uid, snapshot));
  }),

  'send-offers': act(entryNames, async (worker, params) => {
    return (await import('./send-offers.ts')).sendOffers(worker, params);
  }),

  /** Takes an offer back, by the entry's name in the Journal or at school; all of its where no version is given. */
  'take-back': act(version, async ({ session }, { entry, digest }) => {
    const which = digest === '' ? undefined : parseDigest(digest);
    const { nameAtSchool } = await import('../browse/facts.ts');
    const uid = nameAtSchool(entry);
    await session.ask(({ control }) => control.takeBackFromClass(uid, which));
  }),

  pins: act(nothing, async ({ session }) => {
    const { pins, bytes, limit } = await session.ask(({ control }) => control.pins());
    const dated = pins.map((pin) => ({ ...pin, pinned: secondsOf(pin.pinned) }));
    return { pins: dated, bytes, limit };
  }),
};

type Acts = typeof ACTS;
export type ActName = keyof Acts;
export type ActParams<Name extends ActName> = v.InferInput<Acts[Name]['params']>;
export type ActResult<Name extends ActName> = Awaited<ReturnType<Acts[Name]['run']>>;

/** Runs an act by name, with parameters that are checked here. Throws `bad-input` for those, or what it threw. */
export async function runAct(
  worker: WorkerContext,
  name: string,
  params: unknown,
): Promise<unknown> {
  const known = Object.hasOwn(ACTS, name) ? ACTS[name as ActName] : undefined;
  if (!known) throw new DsError('internal', `there is no act "${name}"`);
  const { params: schema, run } = known as unknown as Act<v.GenericSchema, unknown>;
  const parsed = v.safeParse(schema, params);
  if (parsed.success) return await run(worker, parsed.output);
  throw new DsError('bad-input', `parameters of "${name}": ${v.summarize(parsed.issues)}`);
}

/** Whole seconds since 1970, as D-Bus times are. */
const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

/** An entry's row with the names that the bus uses. */
function rowOf<T extends { mimeType: string | null }>({ mimeType, ...entry }: WithHere<T>) {
  return { ...entry, 'mime-type': mimeType };
}
