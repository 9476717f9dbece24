/**
 * `ds-backup forget-server`: for a school whose server was replaced. Runs in this process, because it
 * only removes what the laptop knows of the server.
 */
import type { Context } from '../context.ts';
import { forgetServer } from '../identity/enrolment.ts';
import type { Outcome } from './shared-commands.ts';

export async function forgetSchoolServer(context: Context): Promise<Outcome> {
  const forgotten = await forgetServer(context);
  const text = forgotten ? 'the school server is forgotten' : 'no school server was known';
  return { text: `${text}: the next one met is trusted\n`, json: { forgotten } };
}
