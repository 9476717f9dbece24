/**
 * What acts share while their process lives: one SSH session for questions, and the lists that were
 * fetched with it.
 */
import type { Looking } from '../browse/looking.ts';
import type { Context } from '../context.ts';
import { Lookaround } from '../school/shared-session.ts';

export interface WorkerContext extends AsyncDisposable {
  context: Context;
  session: Lookaround;
  /** Loaded and opened when it is first needed. */
  catalogue: () => Promise<Looking>;
  /** Makes the catalogue read the Journal again. */
  journalChanged: () => void;
}

export function openWorkerContext(context: Context): WorkerContext {
  const session = new Lookaround(context);
  let catalogue: Looking | undefined;
  return {
    context,
    session,
    catalogue: async () => {
      catalogue ??= new (await import('../browse/looking.ts')).Looking(context, session);
      return catalogue;
    },
    journalChanged: () => catalogue?.forgetJournal(),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
