/**
 * The commands that run either way: what each asks its backend, and what is printed.
 */
import type { OptionValues } from './arguments.ts';
import type { Backend, JobEnd, JobRequest } from './backend.ts';
import { EXIT } from './commands.ts';
import { formatStandings, formatStatus } from './status-words.ts';
import * as words from './words.ts';

/** What a command prints, as text or with `--json`, and its exit code where it is not 0. */
export interface Outcome {
  text: string;
  json: object;
  exitCode?: number;
}

type Run = (backend: Backend, args: readonly string[], options: OptionValues) => Promise<Outcome>;

export const SHARED_COMMANDS = {
  now: (backend) => runJob(backend, { kind: 'backup' }),
  status: async (backend, _args, options) => {
    const status = await backend.status();
    if (!options.entries) return { text: formatStatus(status), json: status };
    const entries = await backend.standings();
    const hasProblem = entries.some(({ state }) => state === 'problem');
    return {
      text: formatStatus(status) + formatStandings(entries),
      json: { ...status, entries },
      exitCode: hasProblem ? EXIT.failed : EXIT.done,
    };
  },
  snapshots: async (backend, _args, { of = '' }) => {
    const snapshots = await backend.snapshots(of);
    return { text: words.formatSnapshots(snapshots), json: { snapshots } };
  },
  entries: async (backend, [snapshot], { of = '', search = '' }) => {
    const entries = await backend.entries({ of, snapshot: nameOf(snapshot) }, search);
    return { text: words.formatEntries(entries), json: { entries } };
  },
  plan: async (backend, [snapshot], { of = '' }) => {
    const plan = await backend.plan({ of, snapshot: nameOf(snapshot) });
    return { text: words.formatPlan(plan), json: plan };
  },
  restore: (backend, [name], { of = '', entry = '' }) => {
    const snapshot = nameOf(name);
    return runJob(backend, {
      kind: entry === '' ? 'restore' : 'restore-entry',
      of,
      snapshot,
      entry,
    });
  },
  pins: async (backend) => {
    const list = await backend.pins();
    return { text: words.formatPins(list), json: list };
  },
  pin: (backend, [uid = '', snapshot]) => pin(backend, uid, nameOf(snapshot)),
  unpin: (backend, [uid = '']) => pin(backend, uid, null),
  class: async (backend) => {
    const offers = await backend.offers();
    return { text: words.formatOffers(offers), json: { offers } };
  },
  offer: async (backend, [uid = '', snapshot]) => {
    const state = await backend.offer(uid, nameOf(snapshot));
    return { text: `${words.formatOffer(state)}\n`, json: { state } };
  },
  'take-back': async (backend, [uid = '']) => {
    await backend.takeBack(uid);
    return { text: 'taken back: the class sees it no more\n', json: { takenBack: uid } };
  },
  keep: (backend, [entry = '']) => runJob(backend, { kind: 'keep', entry }),
  fetch: (backend, [entry = '']) => runJob(backend, { kind: 'fetch', entry }),
  kept: async (backend) => {
    const entries = await backend.kept();
    return { text: words.formatEntries(entries), json: { entries } };
  },
  laptops: async (backend) => {
    const laptops = await backend.laptops();
    return { text: words.formatLaptops(laptops), json: { laptops } };
  },
  web: async (backend) => {
    const url = await backend.webLink();
    return { text: `${url}\n`, json: { url } };
  },
} as const satisfies Record<string, Run>;

async function runJob(
  backend: Backend,
  { kind, ...about }: Partial<JobRequest> & Pick<JobRequest, 'kind'>,
): Promise<Outcome> {
  return outcomeOf(await backend.run({ kind, of: '', snapshot: '', entry: '', ...about }));
}

/** What the end of a job prints. */
export function outcomeOf(end: JobEnd): Outcome {
  const { state, summary } = end;
  const isPartial = (summary.problems ?? 0) > 0;
  const exitCode = {
    done: isPartial ? EXIT.failed : EXIT.done,
    cancelled: EXIT.failed,
    waiting: EXIT.tryLater,
  }[state];
  return { text: words.formatEnd(end), json: end, exitCode };
}

async function pin(backend: Backend, uid: string, snapshot: string | null): Promise<Outcome> {
  const when = await backend.pin(uid, snapshot);
  const text = when === 'later' ? 'noted; it is sent when the school server answers\n' : 'done\n';
  return { text, json: { when }, exitCode: when === 'later' ? EXIT.tryLater : EXIT.done };
}

/** An empty name is the newest. */
export function nameOf(snapshot: string | undefined): string {
  return snapshot === undefined || snapshot === 'latest' ? '' : snapshot;
}
