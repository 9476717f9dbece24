/**
 * Words and figures for a person at a terminal. Nothing here decides anything.
 */

import type { Pins, SnapshotSummary } from '../../shared/protocol/messages.ts';
import { progressBar } from '../../shared/words/progress-bar.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import type { BackupSummary } from '../backup/backup.ts';
import type { EntryList } from '../browse/catalogue.ts';
import type { Status } from '../browse/facts.ts';
import type { Problem } from '../journal/problem.ts';
import type { KeptEntry } from '../keep/fetch-back.ts';
import { fraction, type Phase, type Progress } from '../progress.ts';
import type { RestoreSummary } from '../restore/restore.ts';

const PHASES: Record<Phase, string> = {
  asking: 'asking the school server',
  scanning: 'looking at the Journal',
  sending: 'sending',
  confirming: 'waiting for the school server to keep it',
  fetching: 'bringing back',
  done: 'done',
};
/** How many single entries are named before it is too long to read. */
const MAX_NAMED = 20;

/** Draws a run as a bar; `close` ends its line. */
export function runBar(write: (text: string) => void, nowMs: () => number) {
  const bar = progressBar(write, nowMs);
  return {
    show: (progress: Progress) => {
      const { phase, entriesDone, entriesTotal } = progress;
      const count = entriesTotal > 0 ? `${entriesDone}/${entriesTotal} ` : '';
      bar.show({ share: fraction(progress), text: `${count}${PHASES[phase]}`, phase });
    },
    close: () => bar.close(),
  };
}

/** One line a phase, for logs. */
export function phaseLines(write: (text: string) => void) {
  let last = '';
  return {
    show: ({ phase }: Progress) => {
      if (phase !== last && phase !== 'done') write(`${PHASES[phase]}…\n`);
      last = phase;
    },
    close: () => {},
  };
}

export function formatBackup(done: BackupSummary): string {
  const change =
    done.changed + done.removed === 0
      ? 'nothing has changed'
      : `${done.changed} new or changed, ${done.removed} removed`;
  return [
    `safe at school: ${plural(done.entries, 'entry', 'entries')} (${change}, ` +
      `${formatBytes(done.sentBytes)} sent)\n`,
    `snapshot: ${done.snapshot}\n`,
    ...formatHeld(done.held),
    ...formatProblems('kept as they were before, because they cannot be read', done.problems),
  ].join('');
}

function formatHeld(reason: string | null): string[] {
  if (reason === null) return [];
  return [
    `the school keeps it aside, because so much is gone (${harmless(reason)}):\n` +
      '  bring back what was lost with "ds-backup restore latest", or tell a teacher that it is right\n',
  ];
}

export function formatRestore(done: RestoreSummary): string {
  const beside = done.beside > 0 ? `, ${done.beside} beside newer ones` : '';
  return [
    `brought back and checked: ${plural(done.restored, 'entry', 'entries')}${beside}; ` +
      `${done.alreadyHere} already here (${formatBytes(done.receivedBytes)} received)\n`,
    `snapshot: ${done.snapshot}\n`,
    ...formatProblems('came back with a repair', done.repaired),
    ...formatProblems('did not come back', done.problems),
  ].join('');
}

export function formatSnapshots(snapshots: readonly SnapshotSummary[]): string {
  if (snapshots.length === 0) return 'the school keeps no snapshot of this laptop yet\n';
  const line = ({ name, entries, bytes }: SnapshotSummary) =>
    `${name.padEnd(29)} ${plural(entries, 'entry', 'entries').padStart(13)} ` +
    `${formatBytes(bytes).padStart(10)}\n`;
  return snapshots.map(line).join('');
}

export function formatEntries({ snapshot, entries }: EntryList): string {
  const lines = entries.map(({ uid, title, timestamp, bytes }) => {
    const date = timestamp === null ? '-'.padEnd(10) : formatDate(timestamp);
    return `${uid}  ${date}  ${formatBytes(bytes).padStart(9)}  ${harmless(title ?? '')}\n`;
  });
  return `${snapshot}: ${plural(entries.length, 'entry', 'entries')}\n${lines.join('')}`;
}

export function formatPins({ pins, bytes, limit }: Pins): string {
  const lines = pins.map((one) => `${one.uid}  ${formatBytes(one.bytes)}  from ${one.snapshot}\n`);
  return `${lines.join('')}${formatBytes(bytes)} of ${formatBytes(limit)} taken by pins\n`;
}

export function formatKept(entries: readonly KeptEntry[]): string {
  const lines = entries.map(({ uid, title, bytes }) => {
    return `${uid}  ${formatBytes(bytes).padStart(9)}  ${harmless(title)}\n`;
  });
  return `${lines.join('')}${plural(entries.length, 'entry', 'entries')} kept at school\n`;
}

export function formatStatus(status: Status): string {
  const { lastSnapshot: last } = status;
  const facts: [string, string][] = [
    ['laptop', status.serial ?? 'not registered yet'],
    ['school server', status.server],
    [
      'known there',
      { none: 'not yet', pending: 'waiting for a teacher', accepted: 'yes' }[status.enrolment],
    ],
    [
      'last snapshot',
      last ? `${last.name} (${plural(last.entries, 'entry', 'entries')})` : 'none known',
    ],
    ['backup done', status.done ?? 'no'],
    ...status.unfinishedRestores.map(({ snapshot, restored, entries }): [string, string] => [
      'unfinished',
      `restore of ${snapshot}, ${restored} of ${entries}`,
    ]),
  ];
  return facts.map(([name, value]) => `${`${name}:`.padEnd(16)}${value}\n`).join('');
}

function formatProblems(what: string, problems: readonly Problem[]): string[] {
  if (problems.length === 0) return [];
  const named = problems.slice(0, MAX_NAMED).map(({ problem }) => `  ${harmless(problem)}\n`);
  const rest = problems.length - named.length;
  const more = rest > 0 ? [`  and ${rest} more\n`] : [];
  return [`${plural(problems.length, 'entry', 'entries')} ${what}:\n`, ...named, ...more];
}

export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function formatDate(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? '-'.padEnd(10) : date.toISOString().slice(0, 10);
}

/** A title is a child's: it may hold anything, but it shall not control the terminal. */
export function harmless(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ');
}
