/**
 * Commands done in this process, without the agent: for scripts, and where there is no session bus.
 */
import { DsError } from '../../shared/errors.ts';
import { parseSerial, parseSnapshotName, parseUid, type SnapshotName } from '../../shared/ids.ts';
import type { Context } from '../context.ts';
import type { Outcome } from './commands.ts';
import * as terminal from './terminal.ts';

export interface DirectOptions {
  rest: readonly string[];
  wait: boolean;
  entry: string;
  search: string;
  /** Empty for this laptop. */
  of: string;
}

type Direct = (context: Context, options: DirectOptions) => Promise<Outcome>;

/** Only what a command needs is loaded. */
export const DIRECT: Readonly<Record<string, Direct>> = {
  now: async (context, { wait }) => {
    const { backUp } = await import('../backup/backup.ts');
    const done = await backUp(context, wait);
    return { text: terminal.formatBackup(done), json: done };
  },
  restore: async (context, { rest, wait, entry, of }) => {
    const { restore } = await import('../restore/restore.ts');
    const only = entry === '' ? undefined : parseUid(entry);
    const done = await restore(context, { ...placeOf(of, rest[0]), entry: only, wait });
    const exitCode = done.problems.length > 0 ? 1 : 0;
    return { text: terminal.formatRestore(done), json: done, exitCode };
  },
  snapshots: async (context, { of }) => {
    const { listSnapshots } = await import('../browse/catalogue.ts');
    const snapshots = await listSnapshots(context, ownerOf(of));
    return { text: terminal.formatSnapshots(snapshots), json: { snapshots } };
  },
  entries: async (context, { rest, search, of }) => {
    const { listEntries } = await import('../browse/catalogue.ts');
    const list = await listEntries(context, placeOf(of, rest[0]), search);
    return { text: terminal.formatEntries(list), json: list };
  },
  keep: async (context, { rest }) => {
    const { keepAtSchool } = await import('../keep/keep.ts');
    const bytes = await keepAtSchool(context, parseUid(rest[0]));
    return { text: `its ${bytes} bytes are only at school now\n`, json: { bytes } };
  },
  fetch: async (context, { rest }) => {
    const { fetchBack } = await import('../keep/fetch-back.ts');
    const bytes = await fetchBack(context, parseUid(rest[0]));
    return { text: `its ${bytes} bytes are here again\n`, json: { bytes } };
  },
  kept: async (context) => {
    const { listKept } = await import('../keep/fetch-back.ts');
    const entries = listKept(context);
    return { text: terminal.formatKept(entries), json: { entries } };
  },
  pins: async (context) => {
    const { listPins } = await import('../school/pins.ts');
    return pins(await listPins(context));
  },
  pin: async (context, { rest }) => {
    const { pinEntry } = await import('../school/pins.ts');
    return pins(await pinEntry(context, parseUid(rest[0]), snapshotOf(rest[1])));
  },
  unpin: async (context, { rest }) => {
    const { unpinEntry } = await import('../school/pins.ts');
    const { checkUnpin } = await import('../keep/fetch-back.ts');
    const uid = parseUid(rest[0]);
    checkUnpin(context, uid);
    return pins(await unpinEntry(context, uid));
  },
  'forget-server': async (context) => {
    const { forgetServer } = await import('../identity/enrolment.ts');
    const forgotten = await forgetServer(context);
    const text = forgotten ? 'the school server is forgotten' : 'no school server was known';
    return { text: `${text}: the next one met is trusted\n`, json: { forgotten } };
  },
  status: async (context) => {
    const { readStatus } = await import('../browse/facts.ts');
    const status = await readStatus(context);
    return { text: terminal.formatStatus(status), json: status };
  },
};

/** Runs one here. Throws `usage` for a command that only the agent can do. */
export function doDirectly(
  command: string,
  context: Context,
  options: DirectOptions,
): Promise<Outcome> {
  const act = Object.hasOwn(DIRECT, command) ? DIRECT[command] : undefined;
  if (act) return act(context, options);
  throw new DsError('usage', `"${command}" is the agent's to do: leave out --direct`);
}

function pins(list: Parameters<typeof terminal.formatPins>[0]): Outcome {
  return { text: terminal.formatPins(list), json: list };
}

const ownerOf = (text: string) => (text === '' ? undefined : parseSerial(text));

const placeOf = (of: string, snapshot: string | undefined) => {
  return { of: ownerOf(of), snapshot: snapshotOf(snapshot) };
};

function snapshotOf(text: string | undefined): SnapshotName | undefined {
  return text === 'latest' ? undefined : parseSnapshotName(text);
}
