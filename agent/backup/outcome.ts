/**
 * What follows from the server's answer to a completion file: pure.
 */
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import type { Versions } from '../../shared/journal/sums.ts';
import type { Outcome } from '../../shared/protocol/messages.ts';
import { type ToldCode, toldError } from '../../shared/protocol/told-errors.ts';
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

const NOT_LOST = 'nothing that was safe is lost';
const ASK = 'a teacher can see the reason on the school server';
const APPROVE = 'a teacher types the digits that "ds-backup status" shows';
const FULL = `a teacher has to make room on the server; ${NOT_LOST}`;
const TROUBLE = { code: 'server-trouble', hint: `tell a teacher; ${NOT_LOST}` } as const;
const REFUSED = { code: 'server-refused', hint: ASK } as const;
const LATER = 'it is tried again by itself';

/** The server's reason for a refused backup, as this laptop calls it, and what to do. */
const REFUSALS: Readonly<Record<ToldCode, { code: ErrorCode; hint: string }>> = {
  'server-full': { code: 'server-full', hint: FULL },
  'server-busy': { code: 'server-busy', hint: LATER },
  'server-unreachable': { code: 'server-unreachable', hint: LATER },
  'over-quota': { code: 'over-quota', hint: `a teacher has to give this laptop more room; ${ASK}` },
  'pending-approval': { code: 'pending-approval', hint: APPROVE },
  'not-registered': { code: 'not-registered', hint: ASK },
  'server-trouble': TROUBLE,
  // Of what the server has: what was sent is verified before.
  damaged: TROUBLE,
  'server-refused': REFUSED,
  'bad-input': REFUSED,
  'bad-id': REFUSED,
  'not-found': REFUSED,
  'key-taken': REFUSED,
  'only-copy': REFUSED,
};

function refusal({ code, message }: Extract<Outcome, { state: 'refused' }>): DsError {
  const told = toldError(code, 400);
  const known = REFUSALS[told.code];
  const text = `the school server refuses the backup: ${message}`;
  return new DsError(known.code, known === REFUSED ? `${text} (${code})` : text, {
    hint: known.hint,
    retry: told.retry,
  });
}
