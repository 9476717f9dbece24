/** The lines of the teacher's palette. */

import { ago } from '../../../../shared/words/words.ts';
import { type Agent, isAbsent } from '../../state/agent.ts';
import type { State } from '../../state/state.ts';
import type { Viewer } from '../body.ts';
import { whyLine } from '../reasons.ts';
import { whyWaiting } from '../status/waiting.ts';

/** Names and values for whoever helps: why in a sentence, a code that PROTOCOL.md lists, who this is. */
export function teacherLines(state: State, viewer: Viewer): [string, string][] {
  const { words } = viewer;
  const { _ } = words;
  const { agent } = state;
  const absent = isAbsent(agent);
  const code = absenceOf(agent) || agent.problem.code || agent.held || state.failure;
  const reasons = agent.reasons.filter((reason) => reason !== 'done').join(' ');
  const lines: [string, string][] = [
    [_('Why'), whyNothingRuns(state, viewer)],
    [_('Code'), code || reasons || agent.state || '–'],
    [_('What it says'), agent.problem.message],
    [_('What helps'), whatHelps(agent, viewer)],
    [_('Number for the teacher'), agent.pairingCode],
    [_('School server'), agent.server],
    [_('School confirmed'), confirmedLine(agent.serverTrust, viewer)],
    [_('Approved'), absent ? '' : approvedLine(agent.registration, viewer)],
    [_('Last backup'), lastBackup(state, viewer)],
    [_('Safe at school'), absent ? '' : safeLine(state, viewer)],
    [_('Laptop'), agent.serial],
    [_('Snapshot'), agent.lastSnapshot],
  ];
  return lines.filter(([, value]) => value !== '');
}

/** The code of why nothing can be asked; empty where something can. */
function absenceOf({ presence }: Agent): string {
  if (presence === 'cut-off') return 'no-session-bus';
  return presence === 'absent' ? 'no-agent' : '';
}

function whatHelps({ presence, problem }: Agent, { words: { _ } }: Viewer): string {
  if (presence === 'cut-off') return _('Restart this laptop.');
  if (presence === 'absent') return _('Install the package ds-backup-agent on this laptop.');
  return problem.hint;
}

function whyNothingRuns(state: State, viewer: Viewer): string {
  const why = isAbsent(state.agent) ? null : whyWaiting(state, viewer);
  return why ? whyLine(why) : '';
}

function approvedLine(registration: string, { words: { _ } }: Viewer): string {
  if (registration === 'accepted') return _('Yes');
  return registration === 'pending' ? _('Not yet: the teacher has to approve it') : _('No');
}

/** Whether a person stands for the server; empty where the laptop has met none. */
function confirmedLine(trust: string, { words: { _ } }: Viewer): string {
  if (trust === 'unconfirmed') return _('Not yet: a teacher types the number on the server');
  return trust === 'confirmed' || trust === 'given' ? _('Yes') : '';
}

/** With its date: "3 hours ago" is of no use in a report. */
function lastBackup({ agent, now }: State, { words }: Viewer): string {
  const when = ago(words, agent.lastBackup, now);
  return when && `${when} · ${words.date(agent.lastBackup)} · ${words.clock(agent.lastBackup)}`;
}

function safeLine({ agent }: State, { words }: Viewer): string {
  const [done, total] = [agent.safeEntries, agent.totalEntries].map((n) => words.number(n));
  return words._('{done} of {total}', { done: done ?? '', total: total ?? '' });
}
