/**
 * From nothing to a connection: who are we, may we, do we know each other, connect (A6).
 */

import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { waitSeconds } from '../backoff.ts';
import { type ServerUrls, serverUrls } from '../config.ts';
import type { Context } from '../context.ts';
import { ensureEnrolment, forgetAcceptance, notRegistered } from '../identity/enrolment.ts';
import { type Identity, readIdentity } from '../identity/identity.ts';
import { ensureKey } from '../identity/key.ts';
import { readBackupUrl } from '../identity/sugar-settings.ts';
import { takeIntroduction } from '../profile.ts';
import {
  type Admission,
  askAdmission,
  type Busy,
  type Purpose,
  ServerBusy,
} from '../wire/admission.ts';
import { Control } from '../wire/api.ts';
import { type Connection, connect } from '../wire/ssh.ts';

export interface Session extends AsyncDisposable {
  serial: Serial;
  control: Control;
  connection: Connection;
}

export interface SessionOptions {
  purpose: Purpose;
  /** Whether to wait for the time the server names, or to give up with `server-busy`. */
  wait: boolean;
}

/** So many unanswered questions in a row are waited out, with --wait: five minutes or so. */
const MAX_SILENCES = 6;

/** A session with the server's leave to transfer. */
export async function openSession(context: Context, options: SessionOptions): Promise<Session> {
  const urls = await findServer(context);
  const identity = await beAdmitted(context, urls, options);
  return connectAs(context, urls, identity);
}

/** A session for requests to the control API only, which need no admission. */
export async function openControlSession(context: Context): Promise<Session> {
  const urls = await findServer(context);
  const identity = readIdentity(context.paths) ?? (await introduce(context, urls));
  return connectAs(context, urls, identity);
}

export async function findServer(context: Context): Promise<ServerUrls> {
  const { config } = context;
  return serverUrls(config, config.server ? '' : await readBackupUrl(context));
}

async function connectAs(context: Context, urls: ServerUrls, identity: Identity): Promise<Session> {
  const enrolment = await ensureEnrolment(context, urls, identity);
  const connection = connect(context, {
    server: urls.server,
    enrolment,
    onKeyRefused: () => forgetAcceptance(context.paths),
  });
  return {
    serial: identity.serial,
    control: new Control(connection, context.signal),
    connection,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** Asks until the answer is yes, or once. A laptop the server does not know introduces itself. */
async function beAdmitted(
  context: Context,
  urls: ServerUrls,
  { purpose, wait }: SessionOptions,
): Promise<Identity> {
  let known = readIdentity(context.paths);
  let introduced = false;
  let silences = 0;
  for (;;) {
    const identity = known ?? (await introduce(context, urls));
    introduced ||= known === undefined;
    known = identity;
    const asked = askAdmission(context, urls.server, identity.serial, purpose);
    const answer = await (wait && silences < MAX_SILENCES ? orSilence(context, asked) : asked);
    silences = answer ? 0 : silences + 1;
    if (answer?.admit) return identity;
    if (answer?.reason === 'not-registered') {
      if (introduced) throw notRegistered(identity.serial);
      await introduce(context, urls, identity);
      introduced = true;
      continue;
    }
    if (answer && !wait) throw new ServerBusy(answer);
    if (answer) context.warn(comeBack(answer));
    const seconds = waitSeconds(answer?.retryAfterSeconds, silences, Math.random);
    await context.clock.sleep(seconds * 1000, context.signal);
  }
}

/** The answer; undefined, and a word about it, where the server is silent and may speak later. */
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
  return `the school server asks to come back in ${retryAfterSeconds} seconds${queue}`;
}

/** Registers; a laptop without an identity has one then, unless another program was faster. */
async function introduce(context: Context, urls: ServerUrls, known?: Identity): Promise<Identity> {
  await using _lock = await takeIntroduction(context);
  const meanwhile = known ? undefined : readIdentity(context.paths);
  if (meanwhile) return meanwhile;
  const { register } = await import('../identity/registration.ts');
  return await register(context, urls, known, await ensureKey(context));
}
