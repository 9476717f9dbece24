/**
 * What acts share while their process lives: one SSH session for questions, and the lists that were
 * fetched with it.
 */
import type { Catalogue } from '../browse/catalogue.ts';
import type { Context } from '../context.ts';
import { SharedSession } from '../school/shared-session.ts';
import type { VolumeNews } from '../volume/volume.ts';

export interface WorkerContext extends AsyncDisposable {
  context: Context;
  session: SharedSession;
  /** Loaded and opened when it is first needed. */
  catalogue: () => Promise<Catalogue>;
  /** Makes the catalogue read the Journal again. */
  journalChanged: () => void;
  /** Tells the agent what happens to a volume. */
  tell: (news: VolumeNews) => void;
}

export function openWorkerContext(
  context: Context,
  tell: WorkerContext['tell'] = () => {},
): WorkerContext {
  const session = new SharedSession(context);
  let catalogue: Catalogue | undefined;
  return {
    context,
    session,
    tell,
    catalogue: async () => {
      catalogue ??= new (await import('../browse/catalogue.ts')).Catalogue(context, session);
      return catalogue;
    },
    journalChanged: () => catalogue?.forgetJournal(),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
