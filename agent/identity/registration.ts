/**
 * Registers this laptop by the XML-RPC call of Sugar's "Register" menu, for a child who did not use it.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import { toldError } from '../../shared/protocol/told-errors.ts';
import type { ServerUrls } from '../config.ts';
import type { Context } from '../context.ts';
import { readBusy, ServerBusy } from '../wire/busy.ts';
import { askServer } from '../wire/http.ts';
import { refusalOf } from '../wire/refused.ts';
import { draftIdentity, type Identity, keepIdentity } from './identity.ts';
import { readNick } from './sugar-settings.ts';

/** The server's answer. `code` comes from newer ones of ours only. */
export type RegistrationAnswer =
  | { success: true }
  | { success: false; error: string; code?: string };

/** With any other code the server has refused nothing: it is something in it that does not work. */
const REFUSALS: readonly ErrorCode[] = [
  ...(['server-refused', 'bad-input', 'bad-id', 'not-registered', 'key-taken'] as const),
];

/**
 * Registers a known identity, or a new one, which is stored when the server has accepted it; a lost answer
 * does not leave a second laptop on the server. Throws `not-registered` with the server's reason, what is wrong with
 * the server, and ServerBusy. The caller holds the lock of takeIntroduction().
 */
export async function register(
  context: Context,
  urls: ServerUrls,
  known: Identity | undefined,
  publicKey: string,
): Promise<Identity> {
  const identity = known ?? draftIdentity(context.paths);
  const nick = await readNick(context);
  const call = await buildCall([
    identity.serial,
    nick,
    identity.uuid,
    sugarKey(context, publicKey),
  ]);
  const response = await askServer(urls.registration, context.signal, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: call,
  });
  if ([429, 503, 507].includes(response.statusCode)) throw refusalOf(response);
  const answer = await parseAnswer(response.statusCode, response.body);
  if (!answer.success) {
    const error = refusal(answer.error, answer.code);
    if (error.code === 'not-registered') rmSync(context.paths.draftIdentity, { force: true });
    throw error;
  }
  if (!known) keepIdentity(context.paths, identity);
  return identity;
}

/** `not-registered`; with a code, what else may be the matter with the server. */
function refusal(why: string, said: string | undefined): DsError {
  const { code, retry } = toldError(said, 400);
  const message = `the school server does not register this laptop: ${why}`;
  if (code === 'server-busy') return new ServerBusy(readBusy({}), message);
  if (!REFUSALS.includes(code)) return new DsError(code, message, { retry });
  return new DsError('not-registered', message, {
    hint: 'ask a teacher to allow registration on the school server',
  });
}

/** `register(serial, nick, uuid, pubkey)` as XML. */
async function buildCall(values: readonly string[]): Promise<string> {
  const { XMLBuilder } = await import('fast-xml-parser');
  const param = values.map((string) => ({ value: { string } }));
  const call = { methodCall: { methodName: 'register', params: { param } } };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLBuilder({}).build(call)}\n`;
}

/** Reads the struct of PROTOCOL.md; anything else is a failed registration with a reason. */
export async function parseAnswer(status: number, xml: string): Promise<RegistrationAnswer> {
  if (status !== 200) return { success: false, error: `HTTP status ${status}` };
  if (/<!DOCTYPE/i.test(xml)) return { success: false, error: 'its answer has a document type' };
  const { XMLParser } = await import('fast-xml-parser');
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    isArray: (name) => name === 'member' || name === 'param',
  });
  let answer: unknown;
  try {
    answer = parser.parse(xml, true);
  } catch {
    return { success: false, error: 'its answer is not XML' };
  }
  const response = field(answer, 'methodResponse');
  const [param] = asList(field(field(response, 'params'), 'param'));
  const values = readStruct(field(param, 'value') ?? field(field(response, 'fault'), 'value'));
  if (values.get('success') === 'OK') return { success: true };
  const reason = values.get('error') ?? values.get('faultString');
  const code = values.get('code');
  return {
    success: false,
    error: reason?.slice(0, 200) ?? 'its answer is not a registration answer',
    ...(code !== undefined && { code }),
  };
}

function readStruct(value: unknown): Map<string, string> {
  const members = asList(field(field(value, 'struct'), 'member'));
  return new Map(
    members.map((member) => {
      const inner = field(member, 'value');
      const text = typeof inner === 'object' && inner ? Object.values(inner)[0] : inner;
      return [String(field(member, 'name')), String(text)];
    }),
  );
}

function field(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null
    ? (node as Record<string, unknown>)[name]
    : undefined;
}

function asList(node: unknown): unknown[] {
  return Array.isArray(node) ? node : [];
}

/** Sugar's key as its menu sends it, or ours if Sugar has none: base64 without the type. */
function sugarKey({ paths }: Context, publicKey: string): string {
  const line = existsSync(paths.sugarKey) ? readFileSync(paths.sugarKey, 'utf8') : publicKey;
  return line.trim().split(/\s+/)[1] ?? '';
}
