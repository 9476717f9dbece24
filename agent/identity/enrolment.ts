/**
 * Makes this laptop and the school server known to each other: introduced once, asked again until a
 * teacher has approved. The server's host key is given by the settings or pinned; another one is never
 * accepted later. With `trust = "confirm"` no backup is sent before a person stands for the host key.
 */
import { existsSync, rmSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { EnrolAnswer, Standing } from '../../shared/protocol/messages.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import type { ServerUrls } from '../config.ts';
import type { Context } from '../context.ts';
import { takeIntroduction } from '../profile.ts';
import { checkHostKey, pinHostKey, untrustedServer } from '../wire/host-key.ts';
import { prepareProfile } from '../workplace.ts';
import { type Enrolment, isUsable, readEnrolment, writeEnrolment } from './enrolment-file.ts';
import { type Identity, keepIdentity, readIdentity } from './identity.ts';
import { askStanding, introduce } from './introduce.ts';
import { ensureKey, renewKey } from './key.ts';

/**
 * The enrolment on the disk, or a new one. An enrolment of another serial is not used: the home folder was
 * copied, or the laptop has a new board. Throws `pending-approval`, `untrusted-server`.
 */
export async function ensureEnrolment(
  context: Context,
  urls: ServerUrls,
  identity: Identity,
): Promise<EnrolAnswer> {
  const { config, paths } = context;
  const usable = () => {
    const known = readEnrolment(paths, identity.serial);
    return known && isUsable(config, paths, known) ? known : undefined;
  };
  const known = usable();
  if (known) return known;
  await using _lock = await takeIntroduction(context);
  const meanwhile = usable();
  if (meanwhile) return meanwhile;
  const enrolment = await renewEnrolment(context, urls, identity);
  // With `trust = "confirm"` the key is pinned by confirmServer.
  const mayPin = config['server-key'] !== undefined || config.trust === 'first-use';
  if (enrolment.state === 'accepted' && (mayPin || enrolment.confirmed)) {
    pinHostKey(paths, enrolment.hostKey);
  }
  writeEnrolment(paths, enrolment);
  if (isUsable(config, paths, enrolment)) return enrolment;
  throw pendingApproval(enrolment, config.trust === 'confirm' && !mayPin);
}

/** Asks what became of our key and, where the server does not know it, introduces it. */
async function renewEnrolment(
  context: Context,
  urls: ServerUrls,
  identity: Identity,
): Promise<Enrolment> {
  const known = readEnrolment(context.paths, identity.serial);
  const key = await ensureKey(context);
  // An enrolment of an older version that still waits has no digits: it begins anew.
  if (known && (known.code !== '' || known.state === 'accepted')) {
    const standing = await askStanding(context, urls, identity, key);
    if (!standing && known.state === 'accepted') return { ...known, moved: false };
    if (standing && isSameServer(context, known, standing))
      return { ...known, ...standing, moved: false };
  }
  const check = (hostKey: string) => checkServer(context, hostKey);
  try {
    return await introduce(context, urls, identity, key, check);
  } catch (error) {
    if (!(error instanceof DsError && error.code === 'key-taken')) throw error;
    return await introduce(context, urls, identity, await renewKey(context), check);
  }
}

type KnownStanding = Standing & { state: 'accepted' | 'pending' };

/** Whether it is the server that we were introduced to, and still knows our key. Throws `untrusted-server`. */
function isSameServer(
  context: Context,
  known: Enrolment,
  standing: Standing,
): standing is KnownStanding {
  if (standing.state === 'unknown') return false;
  checkServer(context, standing.hostKey);
  return parsePublicKey(standing.hostKey).line === parsePublicKey(known.hostKey).line;
}

/** Throws `untrusted-server` for another key than the one that was given or, without one, pinned. */
function checkServer({ config, paths }: Context, hostKey: string): void {
  const given = config['server-key'];
  if (given === undefined) checkHostKey(paths, hostKey);
  else if (parsePublicKey(given).line !== parsePublicKey(hostKey).line) throw untrustedServer();
}

/** The server refused our key: the next run asks what became of it. */
export function forgetAcceptance(context: Context): void {
  change(context, () => ({ state: 'pending' }));
}

/** The server was not reached: the next run asks for its port and login name. */
export function noteMoved(context: Context): void {
  change(context, () => ({ moved: true }));
}

/** The server that we have pinned says that a teacher has typed our code. */
export function noteConfirmed(context: Context): void {
  change(context, ({ confirmed }) => (confirmed ? undefined : { confirmed: true }));
}

function change(
  { paths }: Context,
  work: (known: Enrolment) => Partial<Enrolment> | undefined,
): void {
  const known = readEnrolment(paths, readIdentity(paths)?.serial);
  const changes = known && work(known);
  if (changes) writeEnrolment(paths, { ...known, ...changes });
}

/**
 * `ds-backup confirm-server DIGITS`: a teacher has typed this laptop's code, and the server answered with
 * these digits. Only the server that was introduced can know them and show them to the teacher. Throws
 * `untrusted-server` for others.
 */
export async function confirmServer(context: Context, digits: string): Promise<void> {
  const { paths } = context;
  using _room = prepareProfile(context, 'borrow');
  await using _lock = await takeIntroduction(context);
  const known = readEnrolment(paths, readIdentity(paths)?.serial);
  if (!known?.answer) {
    throw new DsError('not-found', 'this laptop has not been introduced to a school server', {
      hint: '"ds-backup now" does that; a teacher then types the digits that it shows',
    });
  }
  if (digits.replace(/\s/g, '') !== known.answer) {
    throw new DsError('untrusted-server', 'these are not the digits that the school server shows', {
      hint: 'type those that the server showed after the teacher had typed the code of this laptop',
    });
  }
  checkServer(context, known.hostKey);
  pinHostKey(paths, known.hostKey);
  writeEnrolment(paths, { ...known, confirmed: true });
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

/**
 * The server has told this laptop from another one with the same identity: it takes the one that it is
 * given, and makes itself a new key. Throws `server-refused` for a machine whose serial number is built in.
 */
export async function becomeAnother(context: Context, next: Identity): Promise<void> {
  const { paths } = context;
  await using _lock = await takeIntroduction(context);
  if (readIdentity(paths)?.serial === next.serial) return;
  keepIdentity(paths, next);
  if (readIdentity(paths)?.serial !== next.serial) {
    throw new DsError('server-refused', 'the serial number of this machine cannot be changed', {
      hint: 'show this to a teacher: another laptop has the same number',
    });
  }
  for (const file of [paths.enrolment, paths.quietKey]) rmSync(file, { force: true });
  fsyncFolder(paths.own);
  await renewKey(context);
}

function pendingApproval({ code, state }: Enrolment, needsAnswer: boolean): DsError {
  const answer = needsAnswer
    ? ', and then here what the server answers: "ds-backup confirm-server DIGITS"'
    : '';
  const message =
    state === 'pending'
      ? 'a teacher has to approve this laptop first'
      : 'a teacher has to confirm the school server first';
  return new DsError('pending-approval', message, {
    hint: `the teacher types this code on the school server: ${code}${answer}`,
  });
}
