/**
 * `ds-backup forget-server`, for a school whose server was replaced, and `confirm-server`. They run in this
 * process, because they only change what the laptop knows of the server.
 */
import type { Context } from '../context.ts';
import { confirmServer, forgetServer } from '../identity/enrolment.ts';
import type { Outcome } from './shared-commands.ts';

export async function forgetSchoolServer(context: Context): Promise<Outcome> {
  const forgotten = await forgetServer(context);
  const text = forgotten ? 'the school server is forgotten' : 'no school server was known';
  return { text: `${text}: the next one met is trusted\n`, json: { forgotten } };
}

export async function confirmSchoolServer(context: Context, digits: string): Promise<Outcome> {
  await confirmServer(context, digits);
  return { text: 'the school server is trusted\n', json: { confirmed: true } };
}
