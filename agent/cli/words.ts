/**
 * Results of commands as text for a person at a terminal.
 */
import type { OfferState } from '../../shared/protocol/offer-states.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import type { JobDetails } from '../worker/acts.ts';
import type { JobEnd, PinList, Values } from './backend.ts';
import { harmless, plural } from './plain-text.ts';
import { formatReasons } from './status-words.ts';

/** Entries that are named before the list gets too long to read. */
const MAX_NAMED = 20;

export function formatEnd({ state, kind, summary, reasons, details }: JobEnd): string {
  if (state === 'waiting') return `waiting: ${formatReasons(reasons)}; it continues by itself\n`;
  if (state === 'cancelled') return 'cancelled; what was transferred is kept\n';
  const { restored, entries, bytes = 0 } = summary;
  const size = formatBytes(bytes);
  if (kind === 'keep') {
    const here = 'its title and picture stay here; "ds-backup fetch" brings it back';
    return `kept at school: the content of ${size} is only there now\n${here}\n`;
  }
  if (kind === 'fetch') return `the content of ${size} is on this laptop again\n`;
  if (restored !== undefined) return formatRestore(summary, details);
  if (entries !== undefined) return formatBackup(summary, details);
  return 'done\n';
}

function formatBackup(summary: JobEnd['summary'], details: JobDetails): string {
  const { entries = 0, changed = 0, removed = 0, sentBytes = 0, problems = 0 } = summary;
  const change =
    changed + removed === 0
      ? 'nothing has changed'
      : `${changed} new or changed, ${removed} removed`;
  const sent = formatBytes(sentBytes);
  return [
    `safe at school: ${plural(entries, 'entry', 'entries')} (${change}, ${sent} sent)\n`,
    formatSnapshot(details),
    formatHeld(details),
    formatProblems(
      'with a problem; "ds-backup status --entries" says what to do',
      problems,
      details.problems,
    ),
  ].join('');
}

function formatRestore(summary: JobEnd['summary'], details: JobDetails): string {
  const { restored = 0, beside = 0, alreadyHere = 0, receivedBytes = 0 } = summary;
  const { problems = 0, repaired = 0 } = summary;
  const besides = beside > 0 ? `, ${beside} beside newer ones` : '';
  const received = formatBytes(receivedBytes);
  return [
    `brought back and checked: ${plural(restored, 'entry', 'entries')}${besides}; ` +
      `${alreadyHere} already here (${received} received)\n`,
    formatSnapshot(details),
    formatProblems('came back after a repair', repaired, details.repaired),
    formatProblems('failed', problems, details.problems),
  ].join('');
}

function formatSnapshot({ snapshot }: JobDetails): string {
  return snapshot === undefined ? '' : `snapshot: ${snapshot}\n`;
}

function formatHeld({ held }: JobDetails): string {
  if (held === undefined) return '';
  return (
    `the school holds this backup back, because so much is gone (${harmless(held)}):\n` +
    '  bring back what was lost with "ds-backup restore latest", or tell a teacher that it is right\n'
  );
}

function formatProblems(what: string, count: number, list: JobDetails['problems'] = []): string {
  if (count === 0) return '';
  const named = list.slice(0, MAX_NAMED).map(({ problem }) => `  ${harmless(problem)}\n`);
  const rest = list.length - named.length;
  const more = rest > 0 ? `  and ${rest} more\n` : '';
  const end = named.length > 0 ? ':' : '';
  return `${plural(count, 'entry', 'entries')} ${what}${end}\n${named.join('')}${more}`;
}

export function formatSnapshots(snapshots: readonly Values[]): string {
  if (snapshots.length === 0) return 'the school has no snapshot of this laptop yet\n';
  const line = ({ snapshot, entries, bytes }: Values) =>
    `${String(snapshot).padEnd(29)} ${plural(Number(entries), 'entry', 'entries').padStart(13)} ` +
    `${formatBytes(Number(bytes)).padStart(10)}\n`;
  return snapshots.map(line).join('');
}

export function formatEntries(entries: readonly Values[]): string {
  const lines = entries.map(({ uid, title, timestamp, bytes, pinned }) => {
    const date = timestamp === undefined ? '-'.padEnd(10) : formatDate(Number(timestamp));
    const mark = pinned ? '*' : ' ';
    const size = formatBytes(Number(bytes)).padStart(9);
    return `${uid} ${mark} ${date}  ${size}  ${harmless(String(title ?? ''))}\n`;
  });
  return `${lines.join('')}${plural(entries.length, 'entry', 'entries')}\n`;
}

export function formatLaptops(laptops: readonly Values[]): string {
  return laptops
    .map(({ serial, nick, replaced }) => {
      return `${serial}  ${harmless(String(nick))}${replaced ? '  (replaced)' : ''}\n`;
    })
    .join('');
}

export function formatPlan({ entries, bytes, here, beside, free, snapshot }: Values): string {
  const count = plural(Number(entries), 'entry', 'entries');
  return [
    `${snapshot}: ${count} to bring, ${formatBytes(Number(bytes))}\n`,
    `already here: ${here}, of which another version is here: ${beside}\n`,
    `free on this laptop: ${formatBytes(Number(free))}\n`,
  ].join('');
}

export function formatPins({ pins, used, limit }: PinList): string {
  const lines = pins.map(({ uid, bytes, snapshot, later }) => {
    const note = later ? '  (sent when the school server answers)' : '';
    const size = formatBytes(Number(bytes)).padStart(9);
    return `${uid}  ${size}  from ${snapshot || 'the newest'}${note}\n`;
  });
  return `${lines.join('')}pins use ${formatBytes(used)} of ${formatBytes(limit)}\n`;
}

export function formatOffers(offers: readonly Values[]): string {
  if (offers.length === 0) return 'nothing is offered to the class\n';
  return offers
    .map(({ uid, state, title }) => {
      return `${uid}  ${harmless(String(title ?? ''))}: ${formatOffer(String(state))}\n`;
    })
    .join('');
}

const OFFERS: Readonly<Record<OfferState, string>> = {
  offered: 'waits for a teacher',
  approved: 'on the class page',
  refused: 'a teacher said no',
};

/** A state of a newer agent is printed as it is. */
export function formatOffer(state: string): string {
  return OFFERS[state as OfferState] ?? harmless(state);
}

function formatDate(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? '-'.padEnd(10) : date.toISOString().slice(0, 10);
}
