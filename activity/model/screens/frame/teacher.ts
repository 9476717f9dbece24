/** The lines of the teacher's palette. */

import { ago } from '../../../../shared/words/words.ts';
import type { State } from '../../state/state.ts';
import type { Viewer } from '../body.ts';

/** Names and values for whoever helps: the code that the teacher's page explains, and the laptop. */
export function teacherLines(state: State, { words }: Viewer): [string, string][] {
  const { _ } = words;
  const { agent } = state;
  const code = agent.presence === 'absent' ? 'no-agent' : agent.problem.code || agent.held;
  const reasons = agent.reasons.filter((reason) => reason !== 'done').join(' ');
  const lines: [string, string][] = [
    [_('Code'), code || reasons || agent.state || '–'],
    [_('What it says'), agent.problem.message],
    [_('What helps'), agent.problem.hint],
    [_('Laptop'), agent.serial],
    [_('School server'), agent.server],
    [_('Last backup'), ago(words, agent.lastBackup, state.now)],
    [_('Snapshot'), agent.lastSnapshot],
  ];
  return lines.filter(([, value]) => value !== '');
}
