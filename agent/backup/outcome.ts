/**
 * What follows from the server's answer to a completion file: pure.
 */
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import type { Versions } from '../../shared/journal/sums.ts';
import type { Outcome } from '../../shared/protocol/messages.ts';
import type { Confirmed } from '../state.ts';

export type FinalOutcome = Exclude<Outcome, { state: 'unknown' | 'ingesting' }>;

export type AfterOutcome =
  /** The server has the backup. `held`: why it is kept aside until somebody decides. */
  | { type: 'confirm'; confirmed: Confirmed; held: string | null }
  /** Send these again. `lost`: those of them that the server had once; they are damaged there. */
  | { type: 'send-missing'; missing: readonly Uid[]; lost: readonly Uid[] }
  /** The server has another base by now. */
  | { type: 'learn-base' }
  /** `forgetBase`: the refusal is about what this laptop believes of the base. */
  | { type: 'give-up'; error: DsError; forgetBase: boolean };

/** `versions` are those the completion file stood for, `base` the one it was relative to. */
export function afterOutcome(
  outcome: FinalOutcome,
  base: { versions: Versions } | undefined,
  versions: Versions,
): AfterOutcome {
  switch (outcome.state) {
    case 'done':
    case 'held': {
      const { snapshot, sequence, digest } = outcome;
      const confirmed = { snapshot, sequence, state: digest, versions: new Map(versions) };
      const held = outcome.state === 'held' ? outcome.reason : null;
      return { type: 'confirm', confirmed, held };
    }
    case 'missing': {
      const { missing } = outcome;
      const lost = missing.filter((uid) => base?.versions.get(uid) === versions.get(uid));
      return { type: 'send-missing', missing, lost };
    }
    case 'rebase':
      return { type: 'learn-base' };
    case 'refused':
      return {
        type: 'give-up',
        error: refusal(outcome),
        forgetBase: outcome.code === 'bad-input',
      };
  }
  outcome satisfies never;
  throw new DsError('internal', 'an outcome without a state');
}

/** Refusals that are told, and waited for, by their own code, with their way out. */
const KNOWN_REFUSALS: Partial<Record<ErrorCode, string>> = {
  'server-full': 'a teacher has to make room on the server; nothing that was safe is lost',
  'server-trouble': 'tell a teacher; nothing that was safe is lost',
  'over-quota': 'a teacher can make room; nothing that was safe is lost',
  'pending-approval': 'a teacher types the digits that "ds-backup status" shows',
};

function refusal({ code, message }: Extract<Outcome, { state: 'refused' }>): DsError {
  const text = `the school server refuses the backup: ${message}`;
  const known = Object.keys(KNOWN_REFUSALS).find((one) => one === code) as ErrorCode | undefined;
  const hint = known && KNOWN_REFUSALS[known];
  if (known && hint) return new DsError(known, text, { hint });
  return new DsError('server-refused', `${text} (${code})`, {
    hint: 'a teacher can see the reason on the school server',
  });
}
