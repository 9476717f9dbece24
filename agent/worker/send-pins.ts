/**
 * Pins and unpins entries at school, one after the other. A refused one does not stop the others.
 */
import type * as v from 'valibot';
import { asDsError, type ErrorCode } from '../../shared/errors.ts';
import { parseUid } from '../../shared/ids.ts';
import { fateOfPin } from '../rules/pin-fate.ts';
import { parsePlace, type pinNotes } from './parameters.ts';
import type { WorkerContext } from './worker-context.ts';

/** A pin or unpin that the school will never accept. */
export interface RefusedPin {
  uid: string;
  code: ErrorCode;
  message: string;
  hint: string;
}

/** Returns what was refused. Throws the first failure that is none; those before it were sent. */
export async function sendPins(
  { context, session, catalogue }: WorkerContext,
  { notes }: v.InferOutput<typeof pinNotes>,
): Promise<RefusedPin[]> {
  const { checkUnpin } = await import('../keep/fetch-back.ts');
  const lists = await catalogue();
  const refused: RefusedPin[] = [];
  for (const { uid: name, snapshot } of notes) {
    try {
      const uid = parseUid(name);
      if (snapshot === null) {
        checkUnpin(context, uid);
        await session.ask(({ control }) => control.unpin(uid));
      } else {
        const pinned = await lists.nameOf(parsePlace({ of: '', snapshot }));
        await session.ask(({ control }) => control.pin(uid, pinned));
      }
    } catch (error) {
      const { code, message, hint = '' } = asDsError(error);
      if (fateOfPin(code) !== 'refused') throw error;
      refused.push({ uid: name, code, message, hint });
    }
  }
  lists.forgetLists();
  return refused;
}
