/**
 * The XML-RPC of Sugar's "Register" menu: one method, `register(serial, nick, uuid, pubkey)`. Only the
 * envelope is here; registration.ts decides who may register.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { asDsError, DsError } from '../../shared/errors.ts';
import { parseSerial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import type { Registrations } from '../registration/registration.ts';
import { answerTo, type ErrorAnswer } from './error-answer.ts';

export interface Idmgr {
  registrations: Registrations;
  /** What laptops call this server; becomes their Jabber server and backup address. */
  hostName: string;
  log: Log;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => name === 'param',
});
const builder = new XMLBuilder({});

/** The answer to one call, as XML. Bad calls get a fault or `success: 'ERR'`; never throws. */
export async function answerRegistration(
  idmgr: Idmgr,
  body: Buffer,
  address?: string,
): Promise<string> {
  let parameters: string[];
  try {
    parameters = readCall(body);
  } catch (error) {
    return fault(told(idmgr, error).message);
  }
  try {
    const [serialText, nick = '', uuid = '', pubkey = ''] = parameters;
    const serial = parseSerial(serialText);
    await idmgr.registrations.registerAside(serial, nick, uuid, pubkey, address);
    return response({
      success: 'OK',
      jabberserver: idmgr.hostName,
      backupurl: `${serial}@${idmgr.hostName}:backup`,
    });
  } catch (error) {
    const { code, message } = told(idmgr, error);
    return response({ success: 'ERR', error: message, code });
  }
}

function told({ log }: Idmgr, error: unknown): ErrorAnswer['body'] {
  const { body, fault } = answerTo(error);
  if (fault) log.warn('registration-failed', { reason: asDsError(error).message });
  return body;
}

/** The four strings of a `register` call. */
function readCall(body: Buffer): string[] {
  checkCharset(body);
  const text = body.toString('utf8');
  // No client sends a document type, and custom entities are how XML parsers are attacked.
  if (/<!DOCTYPE/i.test(text)) throw new DsError('bad-input', 'a document type is not allowed');
  let call: unknown;
  try {
    call = parser.parse(text, true).methodCall;
  } catch (cause) {
    throw new DsError('bad-input', 'the call is not XML', { cause });
  }
  const method = textOf(field(call, 'methodName')).trim();
  if (method !== 'register') throw new DsError('bad-input', 'the only method is "register"');
  const list = field(field(call, 'params'), 'param');
  if (!Array.isArray(list) || list.length !== 4) {
    throw new DsError('bad-input', 'register takes serial, nick, uuid and public key');
  }
  return list.map((parameter) => {
    const value = field(parameter, 'value');
    return textOf(typeof value === 'object' ? field(value, 'string') : value);
  });
}

/** Another charset would garble the nick. */
function checkCharset(body: Buffer): void {
  // UTF-16 of ASCII text is valid UTF-8, with a zero in every second byte.
  if (!isUtf8(body) || body.includes(0)) throw new DsError('bad-input', 'the call is not UTF-8');
  const head = body.toString('latin1', 0, 200);
  const [, declared = 'UTF-8'] =
    /^\s*(?:\xef\xbb\xbf)?<\?xml\b[^>]*?\bencoding\s*=\s*["']([^"']*)/.exec(head) ?? [];
  if (/^(utf-?8|us-ascii)$/i.test(declared)) return;
  if (/^(iso-8859-\d+|latin-?1|windows-125\d)$/i.test(declared) && isAscii(body)) return;
  throw new DsError(
    'bad-input',
    `the call is declared as ${declared.slice(0, 20)}; it must be UTF-8`,
  );
}

function field(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null
    ? (node as Record<string, unknown>)[name]
    : undefined;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new DsError('bad-input', 'register takes four strings');
}

type Struct = Record<string, string | number>;

function struct(values: Struct) {
  const member = Object.entries(values).map(([name, value]) => ({
    name,
    value: typeof value === 'number' ? { int: value } : { string: value },
  }));
  return { struct: { member } };
}

function response(values: Struct): string {
  return envelope({ params: { param: { value: struct(values) } } });
}

function fault(message: string): string {
  return envelope({ fault: { value: struct({ faultCode: 1, faultString: message }) } });
}

function envelope(content: object): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ methodResponse: content })}\n`;
}
