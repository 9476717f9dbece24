/**
 * The end of a backup: the completion file goes to the server, and the server says what became of it
 * (A7).
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { RunId, Serial } from '../../shared/ids.ts';
import { difference, stateDigest, type Versions } from '../../shared/journal/sums.ts';
import type { Completion, Outcome } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { VERSION } from '../../shared/version.ts';
import type { Context } from '../context.ts';
import type { Session } from '../school/session.ts';
import type { Confirmed, State } from '../state.ts';
import { sendCompletion } from '../wire/rsync.ts';

/** How long the server holds a question about a run, in seconds; its own limit is 30. */
const RUN_WAIT_SECONDS = 30;

/** Up to this it is one request; above, rsync takes it. The server's own limit is a little higher. */
const SHORT_BYTES = 512 * 1024;

export type FinalOutcome = Exclude<Outcome, { state: 'unknown' | 'ingesting' }>;

/** A slow disk may need long for a first backup, but not for ever, in milliseconds. */
const MAX_WAIT_MS = 30 * 60_000;
/** The server forgets a completion file it cannot read; so many unanswered questions tell, each
 * RUN_WAIT_SECONDS long. */
const MAX_UNKNOWN = 2;

export function buildCompletion(
  serial: Serial,
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
  const told = text.length <= SHORT_BYTES && (await session.control.complete(completion));
  if (!told) await sendFile(context, session, text);
  failpoint('backup.completion-sent');
  return awaitOutcome(context, session, completion.run);
}

async function sendFile(context: Context, session: Session, text: string): Promise<void> {
  const file = join(context.paths.staging, 'completion');
  writeFileSync(file, text);
  await sendCompletion(context, session.connection, file, session.serial);
  rmSync(file);
}

/** Asks until the answer is final. Throws `transfer` when the server never heard of the run. */
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

/** Why a backup was refused, as an error. */
export function refused({ code, message }: Extract<Outcome, { state: 'refused' }>): DsError {
  const text = `the school server refuses the backup: ${message}`;
  if (code === 'server-full') {
    return new DsError('server-full', text, {
      hint: 'a teacher has to make room on the server; nothing that was safe is lost',
    });
  }
  return new DsError('server-refused', `${text} (${code})`, {
    hint: 'a teacher can see the reason on the school server',
  });
}
