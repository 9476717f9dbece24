/**
 * Opens a session with the school server, step by step: identity, admission, enrolment, connection.
 */

import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { waitSeconds } from '../backoff.ts';
import { type ServerUrls, serverIn, serverUrls } from '../config.ts';
import type { Context } from '../context.ts';
import {
  becomeAnother,
  ensureEnrolment,
  forgetAcceptance,
  noteConfirmed,
  noteMoved,
} from '../identity/enrolment.ts';
import { type Identity, readIdentity } from '../identity/identity.ts';
import { ensureInstance } from '../identity/instance.ts';
import { notRegistered } from '../identity/introduce.ts';
import { ensureKey } from '../identity/key.ts';
import { readBackupUrl } from '../identity/sugar-settings.ts';
import { takeIntroduction } from '../profile.ts';
import { type Admission, askAdmission, type Purpose } from '../wire/admission.ts';
import { Control } from '../wire/api.ts';
import { type Busy, ServerBusy } from '../wire/busy.ts';
import { type Connection, connect } from '../wire/ssh.ts';
import { noteClassMenu } from './class-menu.ts';

export interface Session extends AsyncDisposable {
  serial: Serial;
  /** Tells this laptop from another one with the same identity. */
  instance: string;
  control: Control;
  connection: Connection;
}

export interface SessionOptions {
  purpose: Purpose;
  /** Whether to wait for admission, or to give up with `server-busy`. */
  wait: boolean;
  /** 0…1, spreads the waits; a real random number by default. */
  random?: () => number;
}

/** With `wait`, so many unanswered requests in a row are repeated: about five minutes. */
const MAX_SILENCES = 6;

/** A session that is admitted to transfer. */
export async function openSession(context: Context, options: SessionOptions): Promise<Session> {
  const urls = await findServer(context);
  const identity = await awaitAdmission(context, urls, options);
  return connectAs(context, urls, identity);
}

/** A session for requests to the control API only, which need no admission. */
export async function openControlSession(context: Context): Promise<Session> {
  const urls = await findServer(context);
  const identity = readIdentity(context.paths) ?? (await registerLaptop(context, urls));
  return connectAs(context, urls, identity);
}

export async function findServer(context: Context): Promise<ServerUrls> {
  const { config, warn } = context;
  const backupUrl = config.server ? '' : await readBackupUrl(context);
  const urls = serverUrls(config, backupUrl);
  if (backupUrl !== '' && serverIn(backupUrl) === undefined) {
    const what = JSON.stringify(backupUrl.slice(0, 200));
    warn(`Sugar's setting backup-url is ${what}, which names no server: ${urls.server} is asked`);
  }
  return urls;
}

async function connectAs(context: Context, urls: ServerUrls, identity: Identity): Promise<Session> {
  const enrolment = await ensureEnrolment(context, urls, identity);
  const instance = await ensureInstance(context);
  const connection = connect(context, {
    server: urls.server,
    enrolment,
    onKeyRefused: () => forgetAcceptance(context),
    onUnreachable: () => noteMoved(context),
  });
  const { serial } = identity;
  const owner = {
    ...{ serial, instance },
    onConfirmed: () => noteConfirmed(context),
    onClassPage: (isOn: boolean) => noteClassMenu(context, isOn),
    onMoved: (next: Identity) => becomeAnother(context, next),
  };
  return {
    serial,
    instance,
    control: new Control(connection, context.signal, owner),
    connection,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** Asks once, or until the laptop is admitted. A laptop that the server does not know is registered. */
async function awaitAdmission(
  context: Context,
  urls: ServerUrls,
  { purpose, wait, random = Math.random }: SessionOptions,
): Promise<Identity> {
  let known = readIdentity(context.paths);
  let registered = false;
  let silences = 0;
  for (;;) {
    const identity = known ?? (await registerLaptop(context, urls));
    registered ||= known === undefined;
    known = identity;
    const asked = askAdmission(context, urls.server, identity.serial, purpose);
    const answer = await (wait && silences < MAX_SILENCES ? orSilence(context, asked) : asked);
    silences = answer ? 0 : silences + 1;
    if (answer?.admit) return identity;
    if (answer?.reason === 'not-registered') {
      if (registered) throw notRegistered(identity.serial);
      await registerLaptop(context, urls, identity);
      registered = true;
      continue;
    }
    if (answer && !wait) throw new ServerBusy(answer);
    if (answer) context.warn(comeBack(answer));
    const seconds = waitSeconds(answer?.retryAfterSeconds, silences, random);
    await context.clock.sleep(seconds * 1000, context.signal);
  }
}

/** The answer; undefined, after a warning, when the server does not answer and may do so later. */
async function orSilence(
  { warn }: Context,
  asked: Promise<Admission>,
): Promise<Admission | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof DsError && error.code === 'server-unreachable' && error.retry)) {
      throw error;
    }
    warn(error.message);
    return undefined;
  }
}

function comeBack({ retryAfterSeconds, place }: Busy): string {
  const queue = place === undefined ? '' : `, place ${place} in the queue`;
  return `the school server asks this laptop to come back in ${retryAfterSeconds} seconds${queue}`;
}

/** Registers this laptop, with a new identity if it has none, unless another program has just done so. */
async function registerLaptop(
  context: Context,
  urls: ServerUrls,
  known?: Identity,
): Promise<Identity> {
  await using _lock = await takeIntroduction(context);
  const meanwhile = known ? undefined : readIdentity(context.paths);
  if (meanwhile) return meanwhile;
  const { register } = await import('../identity/registration.ts');
  return await register(context, urls, known, await ensureKey(context));
}
