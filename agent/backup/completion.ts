/**
 * The end of a backup: the completion file goes to the server, and the server says what became of it.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { RunId } from '../../shared/ids.ts';
import { difference, stateDigest, type Versions } from '../../shared/journal/sums.ts';
import type { Completion } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { VERSION } from '../../shared/version.ts';
import type { Context } from '../context.ts';
import type { Session } from '../school/session.ts';
import type { Confirmed, State } from '../state.ts';
import { sendCompletion } from '../wire/rsync.ts';
import type { FinalOutcome } from './outcome.ts';

/** How long the server may hold a question about a run, in seconds; its own limit is 30. */
const RUN_WAIT_SECONDS = 30;
/** Up to this the file is one request; above, it goes by rsync. The server accepts a little more. */
const SHORT_BYTES = 512 * 1024;
/** How long to wait for a snapshot, in milliseconds: a first backup on a slow disk takes long. */
const MAX_WAIT_MS = 30 * 60_000;
/**
 * The server forgets a completion file that it cannot read. After so many answers "unknown", each
 * after up to RUN_WAIT_SECONDS, it is taken to have done so.
 */
const MAX_UNKNOWN = 2;

/** `base`: what the changes are relative to; undefined for a first backup. */
export function buildCompletion(
  { serial, instance }: Pick<Session, 'serial' | 'instance'>,
  run: RunId,
  base: Confirmed | undefined,
  versions: Versions,
): Completion {
  const { changed, removed } = difference(base?.versions ?? new Map(), versions);
  return {
    format: 'ds-backup-completion',
    version: 1,
    serial,
    run,
    agent: VERSION,
    instance,
    base: base ? { sequence: base.sequence, state: base.state } : null,
    changed: [...changed],
    removed,
    state: stateDigest(versions),
    entries: versions.size,
  };
}

/** Sends the completion file and waits for the final answer. */
export async function complete(
  context: Context,
  session: Session,
  state: State,
  completion: Completion,
): Promise<FinalOutcome> {
  // Before it is sent: if we are killed now, the next run asks what became of it.
  await state.rememberRun(completion.run);
  failpoint('backup.before-completion');
  const text = `${JSON.stringify(completion)}\n`;
  const accepted = text.length <= SHORT_BYTES && (await session.control.complete(completion));
  if (!accepted) await sendFile(context, session, text);
  failpoint('backup.completion-sent');
  return awaitOutcome(context, session, completion.run);
}

async function sendFile(context: Context, session: Session, text: string): Promise<void> {
  const file = join(context.paths.staging, 'completion');
  writeFileSync(file, text);
  await sendCompletion(context, session.connection, file, session.serial);
  rmSync(file);
}

/** Asks until the answer is final. Throws `transfer` when the server does not know the run. */
export async function awaitOutcome(
  { clock }: Context,
  { control }: Session,
  run: RunId,
): Promise<FinalOutcome> {
  const start = clock.monotonicMs();
  for (let unknown = 0; clock.monotonicMs() - start < MAX_WAIT_MS; ) {
    const outcome = await control.outcome(run, RUN_WAIT_SECONDS);
    if (outcome.state === 'unknown') unknown += 1;
    else if (outcome.state !== 'ingesting') return outcome;
    if (unknown === MAX_UNKNOWN) break;
  }
  throw new DsError('transfer', 'the school server does not confirm the backup', {
    hint: 'try again later; what was sent is not lost',
    retry: true,
  });
}
