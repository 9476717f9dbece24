/**
 * Plain HTTP to the school server, for requests that need no SSH connection. Unencrypted and
 * unauthenticated: carries no secrets, and callers believe an answer only as far as they can check it. Uses
 * Node's own client: on a quiet day two requests are all there is, and loading got would be a third of the
 * work (measured: 75 ms of 270).
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { DsError } from '../../shared/errors.ts';

export interface Question {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  /** Sent as it is; an object as JSON. */
  body?: string | object;
}

export interface Answer {
  statusCode: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sugar's own time-out for registration, in milliseconds. */
const TIMEOUT_MS = 8000;
/** In characters. No answer is longer than a few kilobytes; a longer one is not from a school server. */
const MAX_ANSWER = 256 * 1024;

/** Something in front of the server, or the server itself, is broken for now. */
const DOES_NOT_WORK = [500, 502, 504];

/**
 * One request; returns its answer with any other status than those that say that the server does not work.
 * Throws `server-unreachable` for those, and without an answer. Does not retry and follows no redirection:
 * the caller decides when to ask again.
 */
export async function askServer(
  url: string,
  signal: AbortSignal,
  question: Question = {},
): Promise<Answer> {
  signal.throwIfAborted();
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await readAnswer(await send(new URL(url), limit, question));
    if (DOES_NOT_WORK.includes(answer.statusCode)) throw doesNotWork(url, answer.statusCode);
    if (isWebPage(answer)) throw strangersPage(url, answer.statusCode);
    return answer;
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof DsError ? cause : noAnswer(url, cause);
  }
}

/** No answer of a school server is a page or leads to one; those of a network that wants a login are. */
function isWebPage({ statusCode, headers, body }: Answer): boolean {
  if ((statusCode >= 300 && statusCode < 400) || statusCode === 511) return true;
  const isHtml = /^text\/html\b/i.test(headers['content-type'] ?? '');
  return isHtml && /<(!doctype|html|head|body)\b/i.test(body);
}

function strangersPage(url: string, status: number): DsError {
  const { origin } = new URL(url);
  const message = `${origin} answers with a web page (HTTP ${status}), not as a school server`;
  return new DsError('server-unreachable', message, {
    hint: 'is this the network of the school? It may want a login in the browser first',
    retry: true,
  });
}

function doesNotWork(url: string, status: number): DsError {
  const message = `${new URL(url).origin} does not work now: HTTP ${status}`;
  return new DsError('server-unreachable', message, {
    hint: 'try again in a few minutes; if that does not help, tell a teacher',
    retry: true,
  });
}

async function send(url: URL, signal: AbortSignal, question: Question): Promise<IncomingMessage> {
  const { request } = await (url.protocol === 'https:'
    ? import('node:https')
    : import('node:http'));
  const isJson = typeof question.body === 'object';
  const body = isJson ? JSON.stringify(question.body) : String(question.body ?? '');
  const headers = {
    ...(isJson && { 'content-type': 'application/json' }),
    ...question.headers,
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: question.method ?? 'GET', headers, signal, agent: false });
    asked.once('response', resolve).once('error', reject).end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  let body = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    body += piece;
    if (body.length > MAX_ANSWER) throw new Error('the answer is too long');
  }
  return { statusCode: response.statusCode ?? 0, headers: response.headers, body };
}

function noAnswer(url: string, cause: unknown): DsError {
  const late = cause instanceof Error && cause.name === 'TimeoutError';
  const reason = late ? 'timed out' : cause instanceof Error ? cause.message : String(cause);
  return new DsError('server-unreachable', `no answer from ${new URL(url).origin}: ${reason}`, {
    hint: 'is this laptop in the school network, and is the school server on?',
    retry: true,
    cause,
  });
}
