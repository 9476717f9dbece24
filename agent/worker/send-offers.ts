/**
 * Offers entries to the class as they are in the Journal, one after the other. Only what the school has in this very
 * version can be offered; a refused one does not stop the others.
 */
import type * as v from 'valibot';
import { asDsError, DsError } from '../../shared/errors.ts';
import { parseUid, type SnapshotName, type Uid } from '../../shared/ids.ts';
import type { ClassStanding } from '../../shared/protocol/messages.ts';
import type { Standing } from '../browse/census.ts';
import { fateOfOffer } from '../rules/pin-fate.ts';
import type { Control } from '../wire/api.ts';
import type { entryNames } from './parameters.ts';
import type { RefusedPin } from './send-pins.ts';
import type { WorkerContext } from './worker-context.ts';

/** What became of each entry, under the name it was given. */
export interface SentOffers {
  states: Record<string, ClassStanding>;
  /** The next backup takes them first. */
  waiting: string[];
  refused: RefusedPin[];
}

/** Throws the first failure that is not final; those before it were sent. */
export async function sendOffers(
  { context, session }: WorkerContext,
  { entries }: v.InferOutput<typeof entryNames>,
): Promise<SentOffers> {
  const { standingsOf } = await import('../browse/facts.ts');
  const standings = await standingsOf(context, entries);
  const sent: SentOffers = { states: {}, waiting: [], refused: [] };
  for (const name of entries) {
    try {
      const version = versionOf(standings.get(name));
      if (!version) sent.waiting.push(name);
      else {
        const { uid, snapshot } = version;
        const state = await session.ask(({ control }) => offerOnPage(control, uid, snapshot));
        if (state) sent.states[name] = state;
        else sent.waiting.push(name);
      }
    } catch (error) {
      const { code, message, hint = '' } = asDsError(error);
      if (fateOfOffer(code) !== 'refused') throw error;
      sent.refused.push({ uid: name, code, message, hint });
    }
  }
  return sent;
}

/** Undefined where there is a class page and the school has lost what this laptop calls safe. Throws `not-found`. */
async function offerOnPage(
  control: Pick<Control, 'offerToClass' | 'classOffers'>,
  uid: Uid,
  snapshot: SnapshotName,
): Promise<ClassStanding | undefined> {
  try {
    return await control.offerToClass(uid, snapshot);
  } catch (error) {
    if (asDsError(error).code !== 'not-found') throw error;
    await control.classOffers(); // without a page it is this that is not found
    return undefined;
  }
}

/** Undefined while the next backup has to take it first. Throws `bad-input` and `unreadable`. */
function versionOf(standing: Standing | undefined) {
  if (!standing) throw new DsError('bad-input', 'there is no such entry in the Journal');
  const { uid } = standing;
  if (standing.state === 'safe') return { uid: parseUid(uid), snapshot: standing.snapshot };
  if (standing.state === 'waiting') return undefined;
  throw new DsError('unreadable', standing.problem, { hint: standing.advice });
}
