/**
 * The base of a backup: the newest snapshot that the server confirmed, as this laptop remembers it.
 * The server's word counts whenever the two differ.
 */
import { DsError } from '../../shared/errors.ts';
import { stateDigest } from '../../shared/journal/sums.ts';
import type { ServerState } from '../../shared/protocol/messages.ts';
import type { Context } from '../context.ts';
import type { Session } from '../school/session.ts';
import type { State } from '../state.ts';
import { awaitOutcome } from './completion.ts';

/** Replaces the base by what the server says. Throws `damaged` when its list contradicts itself. */
export async function learnBase(session: Session, state: State): Promise<void> {
  const { base } = await session.control.state();
  await takeBase(session, state, base);
}

async function takeBase(
  { control }: Session,
  state: State,
  base: ServerState['base'],
): Promise<void> {
  await state.forgetBase();
  if (!base) return;
  const { name: snapshot, sequence, state: digest } = base;
  const versions = await control.sums(snapshot);
  if (stateDigest(versions) !== digest) {
    throw new DsError('damaged', `the school server's list of ${snapshot} is damaged`);
  }
  await state.confirm({ snapshot, sequence, state: digest, versions });
}

/** One question; learns the base again only when the server has another one. */
export async function checkBase(session: Session, state: State): Promise<void> {
  const base = state.confirmed;
  const { base: theirs } = await session.control.state(base?.sequence);
  if (theirs?.sequence === base?.sequence && theirs?.state === base?.state) return;
  await takeBase(session, state, theirs);
}

/** A run that was killed before it had its answer may have become a snapshot in the meantime. */
export async function settleLastRun(
  context: Context,
  session: Session,
  state: State,
): Promise<void> {
  const { underWay: run } = state;
  if (!run) return;
  const now = await session.control.outcome(run, 0);
  const outcome = now.state === 'ingesting' ? await awaitOutcome(context, session, run) : now;
  if (outcome.state === 'done' || outcome.state === 'rebase') await learnBase(session, state);
  else if (outcome.state === 'missing') await state.forgetArrived(outcome.missing);
  await state.rememberRun(undefined);
}
