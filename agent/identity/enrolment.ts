/**
 * Exchanges SSH keys with the school server: asked once, and again until a teacher has approved this
 * laptop. The server's host key is pinned; another one is never accepted later.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { asDsError, DsError, isErrno } from '../../shared/errors.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { type EnrolAnswer, parseEnrolAnswer } from '../../shared/protocol/messages.ts';
import { pairingCode } from '../../shared/protocol/pairing.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { fsyncFolder, writeFileDurably } from '../../shared/system/files.ts';
import type { ServerUrls } from '../config.ts';
import type { Context } from '../context.ts';
import type { Paths } from '../paths.ts';
import { takeIntroduction } from '../profile.ts';
import { checkHostKey, pinHostKey, readHostKey } from '../wire/host-key.ts';
import { askServer } from '../wire/http.ts';
import { prepareProfile } from '../workplace.ts';
import type { Identity } from './identity.ts';
import { ensureKey, renewKey } from './key.ts';
import { readColor } from './sugar-settings.ts';

/** The server's answer to the laptop of this serial. */
export interface Enrolment extends EnrolAnswer {
  serial: Serial;
}

/** The last answer; undefined when absent or unusable, so that the server is asked again. */
function readEnrolment(paths: Paths): Enrolment | undefined {
  try {
    const text = readFileSync(paths.enrolment, 'utf8');
    const answer = parseEnrolAnswer(text);
    return { ...answer, serial: parseSerial(JSON.parse(text).serial) };
  } catch (error) {
    const isUnusable = ['bad-input', 'bad-id'].includes(asDsError(error).code);
    if (isErrno(error, 'ENOENT') || isUnusable) return undefined;
    throw error;
  }
}

/**
 * The enrolment on the disk, or a new one. An enrolment of another serial is not used: the home folder was
 * copied, or the laptop has a new board. Throws `pending-approval`, `untrusted-server`.
 */
export async function ensureEnrolment(
  context: Context,
  urls: ServerUrls,
  identity: Identity,
): Promise<EnrolAnswer> {
  const { serial } = identity;
  const known = acceptedAs(context.paths, serial);
  if (known) return known;
  await using _lock = await takeIntroduction(context);
  const meanwhile = acceptedAs(context.paths, serial);
  if (meanwhile) return meanwhile;
  let publicKey = await ensureKey(context);
  let answer = await enrol(context, urls, identity, publicKey);
  if (answer === 'key-taken') {
    publicKey = await renewKey(context);
    answer = await enrol(context, urls, identity, publicKey);
    if (answer === 'key-taken')
      throw keyRefused('it says that a new key belongs to another laptop');
  }
  checkHostKey(context.paths, answer.hostKey);
  if (answer.state === 'accepted') pinHostKey(context.paths, answer.hostKey);
  keepEnrolment(context.paths, { ...answer, serial });
  if (answer.state === 'pending') {
    throw pendingApproval(pairingCode(serial, answer.hostKey, publicKey));
  }
  return answer;
}

/** The server's last answer to the laptop of this serial. */
export function enrolmentOf(paths: Paths, serial: Serial | undefined): Enrolment | undefined {
  const known = readEnrolment(paths);
  return known?.serial === serial ? known : undefined;
}

function acceptedAs(paths: Paths, serial: Serial): Enrolment | undefined {
  const known = enrolmentOf(paths, serial);
  return known?.state === 'accepted' && readHostKey(paths) ? known : undefined;
}

/** The server refused our key: the next run enrols again. */
export function forgetAcceptance(paths: Paths): void {
  const known = readEnrolment(paths);
  if (known) keepEnrolment(paths, { ...known, state: 'pending' });
}

/**
 * Forgets the server's host key and our enrolment, when a person says that the server was replaced.
 * Returns whether a server was known. The next backup asks the new server what it has.
 */
export async function forgetServer(context: Context): Promise<boolean> {
  const { paths } = context;
  using _room = prepareProfile(context, 'borrow');
  await using _lock = await takeIntroduction(context);
  const wasKnown = existsSync(paths.knownHosts);
  for (const file of [paths.enrolment, paths.quietKey, paths.knownHosts])
    rmSync(file, { force: true });
  fsyncFolder(paths.own);
  return wasKnown;
}

async function enrol(
  context: Context,
  urls: ServerUrls,
  identity: Identity,
  publicKey: string,
): Promise<EnrolAnswer | 'key-taken'> {
  const { serial, uuid } = identity;
  const color = await readColor(context);
  const response = await askServer(`${urls.server}/backup/1/enrol`, context.signal, {
    method: 'POST',
    body: { serial, uuid, key: publicKey, ...(color && { color }) },
  });
  if (response.statusCode === 403) throw notRegistered(serial);
  if (response.statusCode === 409) return 'key-taken';
  if (response.statusCode !== 200) throw keyRefused(`HTTP status ${response.statusCode}`);
  const answer = parseEnrolAnswer(response.body);
  if (parsePublicKey(answer.hostKey).type !== 'ssh-ed25519') {
    throw new DsError('bad-input', 'the school server has no ed25519 host key');
  }
  return answer;
}

function keyRefused(reason: string): DsError {
  return new DsError('server-refused', `the school server refuses our key: ${reason}`);
}

export function notRegistered(serial: string): DsError {
  return new DsError('not-registered', `the school server does not know laptop ${serial}`, {
    hint: 'choose "Register" in the menu of Sugar\'s home view, or ask a teacher',
  });
}

function pendingApproval(code: string): DsError {
  return new DsError('pending-approval', 'a teacher has to approve this laptop first', {
    hint: `show the teacher this code: ${code}; it must be the same on the school server`,
  });
}

function keepEnrolment(paths: Paths, enrolment: Enrolment): void {
  const { serial, state, hostKey, sshPort, login } = enrolment;
  const kept = { serial, state, hostKey, sshPort, login };
  writeFileDurably(paths.enrolment, `${JSON.stringify(kept)}\n`);
}
