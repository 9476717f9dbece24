/**
 * The agent's status as text for a person at a terminal.
 */
import { type StateName, type ToldReason, toldReason } from '../../shared/backup-states.ts';
import type { Values } from './backend.ts';
import { harmless, plural } from './plain-text.ts';

const STATES: Readonly<Record<StateName, string>> = {
  safe: 'safe',
  due: 'a backup is due',
  waiting: 'waiting',
  asking: 'asking the school server',
  queued: 'waiting for its turn',
  sending: 'backing up',
  confirming: 'waiting for the school server to confirm',
  restoring: 'bringing back',
  paused: 'paused',
};

const REASONS: Readonly<Record<ToldReason, string>> = {
  entries: 'some entries are not safe; "ds-backup status --entries" lists them',
  paused: 'paused; "ds-backup resume" continues',
  rest: 'stopped for an hour; "ds-backup now" continues',
  suspend: 'the laptop is going to sleep',
  battery: 'the battery is too low; plug in',
  'no-network': 'no network',
  'no-server': 'the school server does not answer',
  'not-registered': 'not registered at school',
  teacher: 'a teacher has to approve this laptop',
  queue: 'other laptops go first',
  'server-busy': 'the school server is busy',
  'server-full': 'the school server is full; tell a teacher',
  'over-quota': 'this laptop has used up its share of the school server',
  'other-run': 'another backup or restore is running',
  'untrusted-server': 'this is not the school server that this laptop knows; tell a teacher',
  'laptop-full': 'the disk of this laptop is full',
  spread: 'starts in a few minutes, so that not all laptops start at once',
  problem: 'a problem; see below',
  done: 'done for today',
};

/** Why it waits; reasons of a newer agent are printed as they are. */
export function formatReasons(reasons: readonly string[]): string {
  return reasons.map((reason) => REASONS[reason as ToldReason] ?? reason).join(', ');
}

/** One line per fact; facts that are not known are left out. */
export function formatStatus(values: Values): string {
  const [code, message, hint] = (values.Problem ?? []) as string[];
  const facts: [name: string, value: string | undefined][] = [
    ['now', formatState(values)],
    ['progress', formatProgress(values)],
    ['safe at school', formatSafe(values)],
    ['last backup', formatTime(values.LastBackup)],
    ['last snapshot', values.LastSnapshot === '' ? undefined : text(values.LastSnapshot)],
    ['next backup', formatTime(values.NextBackup)],
    ['laptop', values.Serial === '' ? 'not registered yet' : text(values.Serial)],
    ['school server', values.Server === '' ? '-' : text(values.Server)],
    ['code', formatCode(values)],
    ['held back', values.Held ? text(values.Held) : undefined],
    ...((values.Unfinished ?? []) as unknown[][]).map(formatUnfinished),
    ['problem', code ? harmless(`${message} [${code}]`) : undefined],
    ['', code && hint ? harmless(hint) : undefined],
  ];
  return facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${(name ? `${name}:` : '').padEnd(16)}${value}\n`)
    .join('');
}

function formatState({ State, Reasons, QueuePlace }: Values): string | undefined {
  if (State === undefined) return undefined;
  const told = ((Reasons ?? []) as string[]).map((one) => toldReason(String(State), one));
  const reasons = formatReasons(told);
  const place = Number(QueuePlace) > 0 ? `, place ${QueuePlace}` : '';
  return `${STATES[State as StateName] ?? State}${reasons ? ` (${reasons}${place})` : ''}`;
}

function formatCode({ PairingCode, Registration }: Values): string | undefined {
  if (!PairingCode) return undefined;
  return Registration === 'pending'
    ? `${PairingCode}: the teacher types it on the school server`
    : `${PairingCode}: nobody has confirmed the school server; a teacher can, by typing it there`;
}

function formatProgress({ EntriesDone, EntriesTotal }: Values): string | undefined {
  if (!(Number(EntriesTotal) > 0)) return undefined;
  return `${EntriesDone} of ${plural(Number(EntriesTotal), 'entry', 'entries')}`;
}

function formatSafe(values: Values): string | undefined {
  const { SafeEntries, TotalEntries, WaitingEntries, ProblemEntries } = values;
  if (TotalEntries === undefined) return undefined;
  const waiting = Number(WaitingEntries) > 0 ? `; ${WaitingEntries} for the next backup` : '';
  const problems = Number(ProblemEntries) > 0 ? `; ${ProblemEntries} with a problem` : '';
  const total = plural(Number(TotalEntries), 'entry', 'entries');
  return `${SafeEntries} of ${total}${waiting}${problems}`;
}

/** What is not safe, a line each and what to do; then how many entries there are of each kind. */
export function formatStandings(entries: readonly Values[]): string {
  const of = (state: string) => entries.filter((one) => one.state === state);
  const problems = of('problem').map(({ problem, advice }) => {
    return `${harmless(String(problem))}\n  ${harmless(String(advice))}\n`;
  });
  const waiting = of('waiting').map(({ uid }) => `${uid}: waits for the next backup\n`);
  const counts = `${of('safe').length} safe, ${waiting.length} waiting, ${problems.length} with a problem`;
  return `${problems.join('')}${waiting.join('')}${counts}\n`;
}

function formatUnfinished([of, snapshot, restored, entries]: unknown[]): [string, string] {
  const whose = of ? ` of ${of}` : '';
  return ['unfinished', `restore of ${snapshot}${whose}, ${restored} of ${entries}`];
}

function formatTime(seconds: unknown): string | undefined {
  if (seconds === undefined) return undefined;
  return Number(seconds) > 0 ? new Date(Number(seconds) * 1000).toLocaleString() : '-';
}

/** Undefined stays so. */
function text(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}
