/** The agent's properties changed: which answers are out of date, and what the child is shown next. */
import { type Agent, isOpen } from '../state/agent.ts';
import { withoutSettledQuestion } from '../state/alerts.ts';
import { allStale, withoutFailures } from '../state/known-answers.ts';
import { EXPECT_S, type Place, type State } from '../state/state.ts';

/** The agent recounts within this many seconds after a backup. */
const COUNTED_S = 10;

export function agentChanged(state: State, agent: Agent): State {
  const isListed = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).filter(([path]) => agent.jobs.includes(path)));
  const jobs = isListed(state.jobs);
  const after: State = {
    ...state,
    ...{ agent, jobs, since: isListed(state.since) },
    answers: answersAfter(state, agent),
    expectedUntil: expectedUntil(state, agent),
    confirmedUntil: confirmedUntil(state, agent),
    alert: withoutSettledQuestion(state.alert, jobs),
    failure: state.agent.lastBackup === agent.lastBackup ? state.failure : '',
  };
  const [unfinished] = agent.unfinished;
  if (!unfinished || state.moved || state.place.type !== 'status') return after;
  // After a power cut the activity opens on the restore that was under way.
  const { of, snapshot } = unfinished;
  const place: Place = { type: 'restoring', of, snapshot };
  return { ...after, place, trail: [{ type: 'status' }] };
}

/** A new snapshot changes every list; other counts change what is compared with this Journal. */
function answersAfter({ agent: before, answers }: State, after: Agent): State['answers'] {
  const restarted = before.presence !== 'present' && after.presence === 'present';
  let known = answers;
  if (before.lastSnapshot !== after.lastSnapshot || restarted) known = allStale(known);
  else if (before.pinnedBytes !== after.pinnedBytes) known = allStale(known, ['pins']);
  if (isCounted(before, after)) known = allStale(known, ['plan', 'page', 'details', 'at-school']);
  // What could not be answered before may be answered now.
  const reasonChanged = before.reasons[0] !== after.reasons[0];
  return restarted || reasonChanged ? withoutFailures(known) : known;
}

function isCounted(before: Agent, after: Agent): boolean {
  return before.safeEntries !== after.safeEntries || before.totalEntries !== after.totalEntries;
}

/** The safe count follows a moment after a backup; until then the picture must not fall back. */
function confirmedUntil({ agent: before, now, confirmedUntil }: State, after: Agent): number {
  if (isCounted(before, after) || after.held !== '') return 0;
  const isDone = before.presence === 'present' && before.lastBackup !== after.lastBackup;
  return isDone ? now + COUNTED_S : confirmedUntil;
}

/** A restore whose agent died continues under the next one; it is expected until it is seen. */
function expectedUntil({ agent: before, jobs, now, expectedUntil }: State, after: Agent): number {
  const died = before.presence === 'present' && after.presence !== 'present';
  const lost = died && Object.values(jobs).some((job) => job.kind === 'restore' && isOpen(job));
  return lost ? now + EXPECT_S : expectedUntil;
}
