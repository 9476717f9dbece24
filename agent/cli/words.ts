/**
 * The agent's answers in words for a person at a terminal.
 */
import { formatBytes } from '../../shared/words/quantity.ts';
import type { JobEnd, Values } from './agent-client.ts';
import { formatDate, harmless, plural } from './terminal.ts';

const STATES: Record<string, string> = {
  safe: 'safe',
  due: 'a backup is due',
  waiting: 'waiting',
  asking: 'asking the school server',
  queued: 'waiting for its turn',
  sending: 'backing up',
  confirming: 'waiting for the school server to keep it',
  restoring: 'bringing back',
  paused: 'paused',
};

const REASONS: Record<string, string> = {
  done: 'done for today',
  paused: 'paused; "ds-backup resume" goes on',
  suspend: 'the laptop is going to sleep',
  battery: 'too little in the battery; plug in',
  'no-network': 'no network',
  'no-server': 'the school server does not answer',
  'not-registered': 'not registered at school',
  teacher: 'a teacher has to say yes',
  queue: 'others are at it',
  'server-busy': 'the school server is busy',
  'server-full': 'the school server is full; tell a teacher',
  'over-quota': 'this laptop has used up its share of the school server',
  'other-run': 'another backup program is at work',
  'untrusted-server': 'this is not the school server this laptop knows; tell a teacher',
  'laptop-full': 'the disk of this laptop is full',
  spread: 'in a few minutes, when not all laptops ask at once',
  problem: 'a problem; see below',
};

/** What holds it up, as a person would say it. */
export function formatReasons(reasons: readonly string[]): string {
  return reasons.map((reason) => REASONS[reason] ?? reason).join(', ');
}

export function formatStanding(values: Values): string {
  const { State, Reasons, EntriesDone, EntriesTotal, SafeEntries, TotalEntries } = values;
  const [code, message, hint] = values.Problem as string[];
  const reasons = formatReasons(Reasons as string[]);
  const place = Number(values.QueuePlace) > 0 ? `, place ${values.QueuePlace}` : '';
  const facts: [string, string][] = [
    ['now', `${STATES[String(State)] ?? State}${reasons ? ` (${reasons}${place})` : ''}`],
    ...(Number(EntriesTotal) > 0
      ? [
          ['progress', `${EntriesDone} of ${plural(Number(EntriesTotal), 'entry', 'entries')}`] as [
            string,
            string,
          ],
        ]
      : []),
    ['safe at school', `${SafeEntries} of ${plural(Number(TotalEntries), 'entry', 'entries')}`],
    ['last backup', formatTime(values.LastBackup)],
    ['next backup', formatTime(values.NextBackup)],
    ['laptop', String(values.Serial) || 'not registered yet'],
    ['school server', String(values.Server) || '-'],
    ...(values.PairingCode
      ? [['code', `${values.PairingCode}: show it to the teacher`] as [string, string]]
      : []),
    ...(values.Held ? [['kept aside', String(values.Held)] as [string, string]] : []),
    ...(values.Unfinished as unknown[][]).map(
      ([of, snapshot, restored, entries]): [string, string] => {
        const whose = of ? ` of ${of}` : '';
        return ['unfinished', `restore of ${snapshot}${whose}, ${restored} of ${entries}`];
      },
    ),
    ...(code ? [['problem', harmless(`${message} [${code}]`)] as [string, string]] : []),
    ...(code && hint ? [['', harmless(hint)] as [string, string]] : []),
  ];
  return facts.map(([name, value]) => `${(name ? `${name}:` : '').padEnd(16)}${value}\n`).join('');
}

export function formatEnd({ state, summary, reasons }: JobEnd): string {
  if (state === 'waiting') return `waiting: ${formatReasons(reasons)}; it goes on by itself\n`;
  if (state === 'cancelled') return 'cancelled; what is done is kept\n';
  const { restored, beside, alreadyHere, entries, changed, removed, problems } = summary;
  if (restored !== undefined) {
    const more = (beside ?? 0) > 0 ? `, ${beside} beside newer ones` : '';
    return (
      `brought back and checked: ${plural(restored, 'entry', 'entries')}${more}; ` +
      `${alreadyHere ?? 0} already here\n${formatProblems(problems)}`
    );
  }
  if (entries === undefined) return 'done\n';
  const change =
    (changed ?? 0) + (removed ?? 0) === 0
      ? 'nothing has changed'
      : `${changed} new or changed, ${removed} removed`;
  return `safe at school: ${plural(entries, 'entry', 'entries')} (${change})\n${formatProblems(problems)}`;
}

function formatProblems(problems: number | undefined): string {
  return problems ? `not so: ${plural(problems, 'entry', 'entries')}\n` : '';
}

export function formatDays(days: readonly Values[]): string {
  if (days.length === 0) return 'the school keeps no snapshot of this laptop yet\n';
  const line = ({ snapshot, entries, bytes }: Values) =>
    `${String(snapshot).padEnd(29)} ${plural(Number(entries), 'entry', 'entries').padStart(13)} ` +
    `${formatBytes(Number(bytes)).padStart(10)}\n`;
  return days.map(line).join('');
}

export function formatEntryRows(entries: readonly Values[]): string {
  const lines = entries.map(({ uid, title, timestamp, bytes, pinned }) => {
    const date = timestamp === undefined ? '-'.padEnd(10) : formatDate(Number(timestamp));
    const mark = pinned ? '*' : ' ';
    return `${uid} ${mark} ${date}  ${formatBytes(Number(bytes)).padStart(9)}  ${harmless(String(title ?? ''))}\n`;
  });
  return `${lines.join('')}${plural(entries.length, 'entry', 'entries')}\n`;
}

export function formatLaptops(laptops: readonly Values[]): string {
  return laptops
    .map(({ serial, nick, replaced }) => {
      return `${serial}  ${harmless(String(nick))}${replaced ? '  (its place was taken)' : ''}\n`;
    })
    .join('');
}

export function formatPlan(plan: Values): string {
  const { entries, bytes, here, beside, free, snapshot } = plan;
  return [
    `${snapshot}: ${plural(Number(entries), 'entry', 'entries')} to bring, ${formatBytes(Number(bytes))}`,
    `already here: ${here}, of which another version is here: ${beside}`,
    `free on this laptop: ${formatBytes(Number(free))}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

export function formatPinRows(pins: readonly Values[], used: unknown, limit: unknown): string {
  const lines = pins.map(({ uid, bytes, snapshot, later }) => {
    const note = later ? '  (the school is told when it is near)' : '';
    return `${uid}  ${formatBytes(Number(bytes)).padStart(9)}  from ${snapshot || 'the newest'}${note}\n`;
  });
  return `${lines.join('')}${formatBytes(Number(used))} of ${formatBytes(Number(limit))} taken by pins\n`;
}

function formatTime(seconds: unknown): string {
  return Number(seconds) > 0 ? new Date(Number(seconds) * 1000).toLocaleString() : '-';
}
