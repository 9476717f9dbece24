/**
 * Makes our own key known to the server and the server's key known to us: asked once, and again as
 * long as a teacher has not said yes. The server's key is pinned; another one later is never taken.
 */
import { readFileSync } from 'node:fs';
import { asDsError, DsError, isErrno } from '../shared/errors.ts';
import { writeFileDurably } from '../shared/files.ts';
import { pairingCode } from '../shared/pairing.ts';
import { type EnrolAnswer, parseEnrolAnswer } from '../shared/protocol.ts';
import { parsePublicKey } from '../shared/ssh-key.ts';
import type { ServerUrls } from './config.ts';
import type { Context } from './context.ts';
import type { Identity } from './identity.ts';
import type { Paths } from './paths.ts';
import { askServer } from './server-http.ts';
import { readColor } from './sugar-settings.ts';

/** The server's name in our known_hosts, whatever its address is today. */
export const HOST_ALIAS = 'ds-backup-server';

/** What was answered last time; undefined when absent or unusable, which asks again. */
export function readEnrolment(paths: Paths): EnrolAnswer | undefined {
  try {
    return parseEnrolAnswer(readFileSync(paths.enrolment, 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT') || asDsError(error).code === 'bad-input') return undefined;
    throw error;
  }
}

/** The enrolment on the disk, or a new one. Throws `pending-approval`, `untrusted-server`. */
export async function ensureEnrolment(
  context: Context,
  urls: ServerUrls,
  identity: Identity,
  publicKey: string,
): Promise<EnrolAnswer> {
  const known = readEnrolment(context.paths);
  if (known?.state === 'accepted' && readPinned(context.paths)) return known;
  const answer = await enrol(context, urls, identity, publicKey);
  checkPinned(context.paths, answer.hostKey);
  if (answer.state === 'accepted') {
    const { line } = parsePublicKey(answer.hostKey);
    writeFileDurably(context.paths.knownHosts, `${HOST_ALIAS} ${line}\n`);
  }
  keepEnrolment(context.paths, answer);
  if (answer.state === 'pending') {
    throw pendingApproval(pairingCode(identity.serial, answer.hostKey, publicKey));
  }
  return answer;
}

/** The server refused our key: ask at the next run what it thinks of it now. */
export function forgetAcceptance(paths: Paths): void {
  const known = readEnrolment(paths);
  if (known) keepEnrolment(paths, { ...known, state: 'pending' });
}

export function untrustedServer(paths: Paths): DsError {
  return new DsError('untrusted-server', 'this is not the school server this laptop knows', {
    hint:
      'ask the teacher whether the school server was replaced; only if it was, remove ' +
      `${paths.knownHosts} and ${paths.enrolment}`,
  });
}

async function enrol(
  context: Context,
  urls: ServerUrls,
  identity: Identity,
  publicKey: string,
): Promise<EnrolAnswer> {
  const { serial, uuid } = identity;
  const color = await readColor(context);
  const response = await askServer(`${urls.server}/backup/1/enrol`, context.signal, {
    method: 'POST',
    body: { serial, uuid, key: publicKey, ...(color && { color }) },
  });
  if (response.statusCode === 403) throw notRegistered(serial);
  if (response.statusCode !== 200) {
    throw new DsError(
      'server-refused',
      `the school server refuses our key: HTTP status ${response.statusCode}`,
    );
  }
  const answer = parseEnrolAnswer(response.body);
  if (parsePublicKey(answer.hostKey).type !== 'ssh-ed25519') {
    throw new DsError('bad-input', 'the school server has no ed25519 host key');
  }
  return answer;
}

export function notRegistered(serial: string): DsError {
  return new DsError('not-registered', `the school server does not know laptop ${serial}`, {
    hint: 'choose "Register" in the menu of Sugar\'s home view, or ask a teacher',
  });
}

function pendingApproval(code: string): DsError {
  return new DsError('pending-approval', 'a teacher has to say yes to this laptop first', {
    hint: `show the teacher this code: ${code}; it must be the same on the school server`,
  });
}

function keepEnrolment(paths: Paths, answer: EnrolAnswer): void {
  const { state, hostKey, sshPort, login } = answer;
  writeFileDurably(paths.enrolment, `${JSON.stringify({ state, hostKey, sshPort, login })}\n`);
}

function checkPinned(paths: Paths, hostKey: string): void {
  const pinned = readPinned(paths);
  if (pinned !== undefined && pinned !== parsePublicKey(hostKey).line) throw untrustedServer(paths);
}

/** The pinned key as `type base64`. */
function readPinned(paths: Paths): string | undefined {
  try {
    const text = readFileSync(paths.knownHosts, 'utf8').trim();
    return text.startsWith(`${HOST_ALIAS} `) ? text.slice(HOST_ALIAS.length + 1) : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
