/**
 * Pins and unpins entries at school, one after the other. A refused one does not stop the others.
 */
import type * as v from 'valibot';
import { asDsError, type ErrorCode } from '../../shared/errors.ts';
import { parseUid } from '../../shared/ids.ts';
import { parsePlace, type pinNotes } from './parameters.ts';
import type { WorkerContext } from './worker-context.ts';

/** A pin or unpin that the school will never accept. */
export interface RefusedPin {
  uid: string;
  code: ErrorCode;
  message: string;
  hint: string;
}

/** With any other code the same pin may succeed later. */
const FINAL: readonly ErrorCode[] = [
  ...(['not-found', 'bad-input', 'bad-id', 'over-quota', 'only-copy'] as const),
];

/** Returns what was refused. Throws the first failure that is not final; those before it were sent. */
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
      if (!FINAL.includes(code)) throw error;
      refused.push({ uid: name, code, message, hint });
    }
  }
  lists.forgetLists();
  return refused;
}
