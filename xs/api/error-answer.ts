/**
 * What an HTTP client is told about an error: a status, a stable code and, for errors that concern the
 * client, the message. Faults of the server are described in the log only: a stranger never sees a path
 * or the text of an unknown error.
 */
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import type { Outcome } from '../../shared/protocol/messages.ts';
import { asServerError } from '../ground/system-errors.ts';

/** The only place where codes become numbers, but for three answers that older laptops know by theirs (README). */
const STATUS = {
  usage: 400,
  'bad-id': 400,
  'bad-input': 400,
  'not-registered': 403,
  'pending-approval': 403,
  'server-refused': 403,
  'not-found': 404,
  'key-taken': 409,
  'only-copy': 409,
  damaged: 409,
  config: 500,
  internal: 500,
  'missing-tool': 500,
  'program-failed': 500,
  transfer: 500,
  unreadable: 500,
  datastore: 500,
  'untrusted-server': 500,
  'laptop-read-only': 500,
  'laptop-full': 500,
  battery: 500,
  busy: 503,
  cancelled: 503,
  'server-busy': 503,
  'server-trouble': 503,
  'server-unreachable': 503,
  'over-quota': 507,
  'server-full': 507,
} as const satisfies Record<ErrorCode, number>;

export interface ErrorAnswer {
  status: number;
  body: { code: ErrorCode; message: string; hint?: string | undefined };
  headers: { 'Retry-After'?: string };
  /** Whether the server is at fault, so that somebody should find it in the log. */
  fault: boolean;
}

const ABSOLUTE_PATH = /(?:^|[^\w.:/])\/\w/;
const FAULT = 'something went wrong on the school server; its log says what';

/** For one of our errors, one of a system call (system-errors.ts), one of fastify's (which has a status of its own), or an unknown one. */
export function answerTo(thrown: unknown): ErrorAnswer {
  const error = asServerError(thrown);
  if (thrown instanceof DsError || error.code !== 'internal') {
    const { retryAfterSeconds: wait } = error;
    const headers = wait === undefined ? {} : { 'Retry-After': String(Math.ceil(wait)) };
    return { ...answerToOurs(error), headers };
  }
  const status = clientStatusOf(thrown);
  if (status === undefined) {
    return { status: 500, body: { code: error.code, message: FAULT }, headers: {}, fault: true };
  }
  const code = status === 429 ? 'busy' : 'bad-input';
  return { status, body: { code, message: error.message }, headers: {}, fault: false };
}

/** What became of a run, without the text of what is wrong with the server: its log has that. */
export function withoutInsides(outcome: Outcome): Outcome {
  if (outcome.state !== 'refused') return outcome;
  const code = outcome.code in STATUS ? (outcome.code as ErrorCode) : 'internal';
  return { ...outcome, message: answerToOurs(new DsError(code, outcome.message)).body.message };
}

function answerToOurs({ code, message, hint }: DsError): Omit<ErrorAnswer, 'headers'> {
  const status = STATUS[code];
  const fault = status >= 500 || code === 'damaged';
  if (status === 500) return { status, body: { code, message: FAULT }, fault };
  if (!ABSOLUTE_PATH.test(`${message} ${hint ?? ''}`)) {
    return { status, body: { code, message, hint }, fault };
  }
  const told = fault ? FAULT : 'the school server refused this request';
  return { status, body: { code, message: told }, fault };
}

/** The status of an error that fastify found in a request: a malformed body, a wrong content type. */
function clientStatusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  const isClients = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  return isClients ? statusCode : undefined;
}
