/**
 * What this laptop knows about its backup without asking the server: who it is, what was confirmed
 * last, and how much of the Journal is safe.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { asDsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import type { Context } from '../context.ts';
import { readEnrolment, type ServerTrust, trustIn } from '../identity/enrolment-file.ts';
import { readIdentity } from '../identity/identity.ts';
import { Datastore } from '../journal/datastore.ts';
import { uidAtSchool } from '../journal/entry-name.ts';
import { concernedBy } from '../journal/problem.ts';
import { tryReadVersion } from '../journal/read-entry.ts';
import { problemsIn, scanJournal } from '../journal/scan.ts';
import { findServer } from '../school/session.ts';
import { openState, type State, type UnfinishedRestore } from '../state.ts';
import { openStatePlace } from '../workplace.ts';
import { countStandings, type Standing, takeCensus } from './census.ts';

export type Registration = 'none' | 'pending' | 'accepted';

/** What the agent shows to its clients, and `ds-backup status --direct` prints. */
export interface Facts {
  serial: string;
  server: string;
  registration: Registration;
  /** Six digits until a teacher has typed them on the school server; else empty. */
  pairingCode: string;
  serverTrust: ServerTrust;
  /** The newest snapshot that the server confirmed; empty for none. */
  lastSnapshot: string;
  /** Entries of the Journal, and those that are at school as they are now. */
  total: number;
  safe: number;
  /** Those that the next backup takes, and those that have a problem. */
  toSend: number;
  problems: number;
  unfinished: UnfinishedRestore[];
}

/** Scans the Journal; reads of it only what changed just before it was last read, or had a problem then. */
export async function readFacts(context: Context): Promise<Facts> {
  const { config, paths } = context;
  const identity = readIdentity(paths);
  const enrolment = readEnrolment(paths, identity?.serial);
  const serverTrust = trustIn(config, paths, enrolment);
  const isPending = enrolment?.state === 'pending';
  const { server } = await findServer(context);
  const facts: Facts = {
    serial: identity?.serial ?? '',
    server,
    registration: enrolment?.state ?? 'none',
    pairingCode: isPending || serverTrust === 'unconfirmed' ? (enrolment?.code ?? '') : '',
    serverTrust,
    lastSnapshot: '',
    ...{ total: 0, safe: 0, toSend: 0, problems: 0 },
    unfinished: [],
  };
  if (!existsSync(paths.journal)) return facts;
  mkdirSync(paths.own, { recursive: true, mode: 0o700 });
  using workplace = openStatePlace(context);
  await using state = await openState(workplace.context.paths.state);
  return {
    ...facts,
    ...countStandings(await readCensus(context, state, undefined)),
    lastSnapshot: state.confirmed?.snapshot ?? '',
    unfinished: await state.unfinishedRestores(),
  };
}

/** Where every entry stands, also by what Sugar shows, if it runs. */
export async function readStandings(context: Context): Promise<Standing[]> {
  const { paths } = context;
  if (!existsSync(paths.journal)) return [];
  mkdirSync(paths.own, { recursive: true, mode: 0o700 });
  using workplace = openStatePlace(context);
  await using state = await openState(workplace.context.paths.state);
  return await readCensus(context, state, await shownBySugar(context));
}

/** What the school calls an entry with this name in the Journal. */
export function nameAtSchool(name: string): Uid {
  return uidAtSchool(name);
}

/** The same of those that have these names in the Journal. */
export async function standingsOf(
  context: Context,
  names: readonly string[],
): Promise<Map<string, Standing>> {
  const all = new Map((await readStandings(context)).map((one) => [one.uid, one]));
  return new Map(
    names.flatMap((name) => {
      const standing = all.get(uidAtSchool(name));
      return standing ? [[name, standing] as const] : [];
    }),
  );
}

async function readCensus(
  { paths, signal }: Context,
  state: State,
  shown: ReadonlySet<Uid> | undefined,
): Promise<Standing[]> {
  const scan = await scanJournal(paths, state.entries, () => 0n);
  const atSchool = state.confirmed?.versions.keys() ?? [];
  const problems = problemsIn(scan, [...state.entries.keys(), ...atSchool]);
  const local = new Map<Uid, Digest | undefined>(scan.unchanged);
  const hadProblem = new Set(state.problems.map(({ uid }) => uid));
  for (const { entry } of scan.toRead) {
    const known = state.entries.get(entry.uid);
    // Read within the racy window of its change, it may have changed again since, and what had a problem
    // may have come back: only reading tells.
    const mayBeSafe = known?.signature === null || hadProblem.has(entry.uid);
    local.set(entry.uid, mayBeSafe ? (await tryReadVersion(entry, signal))?.digest : undefined);
  }
  for (const problem of problems) {
    for (const uid of concernedBy(problem, state.entries.keys())) local.set(uid, undefined);
  }
  const isWhole = (uid: Uid) => {
    const digest = local.get(uid);
    return digest !== undefined && state.confirmed?.versions.get(uid) === digest;
  };
  // A problem that was found stays with its entry until that is what the school has.
  const known = state.problems.filter(({ uid, partial }) => {
    return local.has(uid as Uid) && (partial || !isWhole(uid as Uid));
  });
  const all = [...known, ...problems];
  return takeCensus({ local, shown, confirmed: state.confirmed, problems: all });
}

/** Under the uids at school; undefined where Sugar's datastore does not run. */
async function shownBySugar({ env, signal }: Context): Promise<Set<Uid> | undefined> {
  try {
    await using datastore = new Datastore(env, signal);
    if (!(await datastore.isRunning())) return undefined;
    return new Set([...(await datastore.uids())].map(uidAtSchool));
  } catch (error) {
    signal.throwIfAborted();
    if (asDsError(error).code !== 'datastore') throw error;
    return undefined;
  }
}
