/**
 * `ds-backup bring`: a takeaway's things into this Journal. Runs in this process, as it needs no school.
 */
import { bring } from '../bring/bring.ts';
import type { Context } from '../context.ts';
import { type Outcome, outcomeOf } from './shared-commands.ts';

export async function bringTakeaway(
  context: Context,
  file: string,
  removed: boolean,
): Promise<Outcome> {
  const { problems, repaired, ...counts } = await bring(context, file, { removed });
  const summary = { ...counts, problems: problems.length, repaired: repaired.length };
  const details = { problems, repaired };
  return outcomeOf({ state: 'done', kind: 'restore', reasons: [], summary, details });
}
