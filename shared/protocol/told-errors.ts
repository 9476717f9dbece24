/**
 * What a laptop makes of the code in a refused request, `{code, message, hint}` of PROTOCOL.md: some codes are
 * about the machine on which they arise, and mean another thing on the other side. A new code has to be said
 * here before it compiles.
 */
import type { ErrorCode } from '../errors.ts';

/** The server's code → the laptop's. */
const ON_THE_LAPTOP = {
  'bad-id': 'bad-id',
  'bad-input': 'bad-input',
  'not-registered': 'not-registered',
  'pending-approval': 'pending-approval',
  'key-taken': 'key-taken',
  'not-found': 'not-found',
  'server-unreachable': 'server-unreachable',
  'server-busy': 'server-busy',
  'server-trouble': 'server-trouble',
  'server-full': 'server-full',
  'server-refused': 'server-refused',
  'over-quota': 'over-quota',
  'only-copy': 'only-copy',
  damaged: 'damaged',
  // On a laptop it would be another program of its own that holds the lock.
  busy: 'server-busy',
  // The service ends; the next one answers.
  cancelled: 'server-unreachable',
  // What the server cannot do, whatever it is that it lacks.
  config: 'server-trouble',
  internal: 'server-trouble',
  'missing-tool': 'server-trouble',
  'program-failed': 'server-trouble',
  transfer: 'server-trouble',
  unreadable: 'server-trouble',
  datastore: 'server-trouble',
  'laptop-full': 'server-trouble',
  'laptop-read-only': 'server-trouble',
  'untrusted-server': 'server-trouble',
  battery: 'server-trouble',
  usage: 'server-refused',
} as const satisfies Record<ErrorCode, ErrorCode>;

export type ToldCode = (typeof ON_THE_LAPTOP)[ErrorCode];

/** Told codes with which the same request may succeed in a while, without anybody doing anything. */
const PASSES: readonly ToldCode[] = ['server-busy', 'server-unreachable'];

/**
 * The laptop's code for an answer of the server's, and whether it passes by itself. Without a code that is known
 * here, as from something in between or a newer server, the HTTP status says it.
 */
export function toldError(code: unknown, status: number): { code: ToldCode; retry: boolean } {
  const told = isCode(code) ? ON_THE_LAPTOP[code] : byStatus(status);
  return { code: told, retry: PASSES.includes(told) };
}

function isCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ON_THE_LAPTOP, code);
}

function byStatus(status: number): ToldCode {
  if (status === 503 || status === 429) return 'server-busy';
  if (status === 507) return 'server-full';
  return status >= 500 ? 'server-trouble' : 'server-refused';
}
