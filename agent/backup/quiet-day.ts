/**
 * The short backup of a day without changes: two small plain requests and no SSH connection (PROTOCOL.md,
 * "A quiet day"). Its key comes over an earlier SSH connection; without a key, or when the server does not
 * agree, an ordinary backup follows.
 */
import { readFileSync, rmSync } from 'node:fs';
import { parseQuietChallenge, parseQuietConfirmation } from '../../shared/protocol/messages.ts';
import { answerMac, claimMac, QUIET_KEY_BYTES, sameMac } from '../../shared/protocol/quiet-day.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { type Context, noteServerTime } from '../context.ts';
import { isUsable, readEnrolment } from '../identity/enrolment-file.ts';
import { readIdentity } from '../identity/identity.ts';
import { findServer } from '../school/session.ts';
import type { Base } from '../state.ts';
import type { Control } from '../wire/api.ts';
import { askServer } from '../wire/http.ts';
import { ifWritable } from '../workplace.ts';

/** True when the server has proved, with the shared key, that it has the Journal as it is. */
export async function agreeOnQuietDay(context: Context, base: Base): Promise<boolean> {
  const { config, paths } = context;
  const key = readKey(context);
  const serial = readIdentity(paths)?.serial;
  const enrolment = readEnrolment(paths, serial);
  // The settings may have named another server since the key was shared.
  if (!key || !serial || !enrolment || !isUsable(config, paths, enrolment)) return false;
  const { server } = await findServer(context);
  const url = `${server}/backup/1/unchanged/${serial}`;
  const challenge = await askServer(url, context.signal);
  noteServerTime(context, challenge.headers.date);
  if (challenge.statusCode !== 200) return false;
  const { nonce } = parseQuietChallenge(challenge.body);
  const { sequence, state } = base;
  const claim = { serial, nonce, sequence, state };
  const json = { nonce, sequence, state, mac: claimMac(key, claim) };
  const answer = await askServer(url, context.signal, { method: 'POST', body: json });
  if (answer.statusCode === 200) {
    const { mac } = parseQuietConfirmation(answer.body);
    if (sameMac(mac, answerMac(key, claim))) return true;
  }
  // The server may have another one by now.
  ifWritable(context, () => rmSync(context.paths.quietKey, { force: true }));
  return false;
}

/** Asks for the key, if there is none yet. An older server has none. */
export async function learnQuietKey(context: Context, control: Control): Promise<void> {
  if (readKey(context)) return;
  const key = await control.quietKey();
  const { quietKey } = context.paths;
  if (key) ifWritable(context, () => writeFileDurably(quietKey, `${key}\n`, 0o600));
}

function readKey({ paths }: Pick<Context, 'paths'>): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(paths.quietKey, 'latin1'), 'base64');
    return key.length === QUIET_KEY_BYTES ? key : undefined;
  } catch {
    return undefined; // the day then goes over SSH
  }
}
