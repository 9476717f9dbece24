/**
 * The laptop's side of an introduction (PROTOCOL.md, "The introduction"): commits, reveals, signs, and
 * works out the six digits; and the question what became of a key.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import {
  codesOf,
  commitmentTo,
  signTranscript,
  transcriptOf,
} from '../../shared/protocol/introduction.ts';
import {
  parseOffer,
  parseRevealAnswer,
  parseStanding,
  type Standing,
} from '../../shared/protocol/messages.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import type { ServerUrls } from '../config.ts';
import type { Context } from '../context.ts';
import { type Answer, askServer } from '../wire/http.ts';
import { refusalOf } from '../wire/refused.ts';
import type { Enrolment } from './enrolment-file.ts';
import type { Identity } from './identity.ts';
import { readColor } from './sugar-settings.ts';

/**
 * One exchange. `checkHostKey` throws for a server that is not to be trusted, before anything is revealed
 * to it. Throws `key-taken`, `not-registered`, `server-refused`, what is wrong with the server, and ServerBusy
 * after too many attempts.
 */
export async function introduce(
  context: Context,
  urls: ServerUrls,
  { serial, uuid }: Identity,
  key: string,
  checkHostKey: (hostKey: string) => void,
): Promise<Enrolment> {
  const secret = { serial, uuid, nonce: randomBytes(32).toString('hex'), key };
  const commitment = commitmentTo(secret);
  const offer = parseOffer(await post(context, urls, 'commit', { serial, uuid, commitment }));
  if (parsePublicKey(offer.hostKey).type !== 'ssh-ed25519') {
    throw new DsError('bad-input', 'the school server has no ed25519 host key');
  }
  checkHostKey(offer.hostKey);
  const transcript = transcriptOf(secret, offer);
  const signature = signTranscript(transcript, readFileSync(context.paths.key, 'utf8'));
  const color = await readColor(context);
  const { exchange, hostKey, sshPort, login } = offer;
  const reveal = { exchange, nonce: secret.nonce, key, signature, ...(color && { color }) };
  const { state } = parseRevealAnswer(await post(context, urls, 'reveal', reveal));
  const codes = codesOf(transcript);
  return { serial, state, hostKey, sshPort, login, ...codes, confirmed: false, moved: false };
}

/** What became of this key, and where the server is now; undefined from an older server. Changes nothing. */
export async function askStanding(
  context: Context,
  urls: ServerUrls,
  { serial }: Identity,
  key: string,
): Promise<Standing | undefined> {
  const answer = await ask(context, urls, 'standing', { serial, key });
  if (answer.statusCode === 200) return parseStanding(answer.body);
  if (answer.statusCode === 404) return undefined;
  throw refusal(answer, 'standing');
}

type Step = 'commit' | 'reveal' | 'standing';

async function post(context: Context, urls: ServerUrls, step: Step, body: object): Promise<string> {
  const answer = await ask(context, urls, step, body);
  if (answer.statusCode === 200) return answer.body;
  throw refusal(answer, step);
}

function ask(context: Context, urls: ServerUrls, step: Step, body: object): Promise<Answer> {
  const url = `${urls.server}/backup/1/introduce/${step}`;
  return askServer(url, context.signal, { method: 'POST', body });
}

/** What the server's answer to a step means here. */
function refusal(answer: Answer, step: Step): DsError {
  const error = refusalOf(answer);
  switch (error.code) {
    case 'not-registered':
      return notRegistered();
    case 'key-taken':
      return new DsError('key-taken', 'this key belongs to another laptop');
    case 'not-found':
      return step === 'commit' ? olderServer() : tooSlow();
    case 'bad-input':
    case 'bad-id':
    case 'server-refused':
      return new DsError(
        'server-refused',
        refusalOf(answer, 'the school server refuses our key').message,
      );
    default:
      return error;
  }
}

function olderServer(): DsError {
  return new DsError('server-refused', 'the school server is older than this program', {
    hint: 'the version on the school server has to be the same or a newer one',
  });
}

/** The exchange is over: it was too slow, or the service was started again meanwhile. */
function tooSlow(): DsError {
  return new DsError('server-unreachable', 'the introduction took too long for the school server', {
    hint: 'it begins again by itself',
    retry: true,
  });
}

export function notRegistered(serial?: string): DsError {
  const whom = serial === undefined ? 'this laptop' : `laptop ${serial}`;
  return new DsError('not-registered', `the school server does not know ${whom}`, {
    hint: 'choose "Register" in the menu of Sugar\'s home view, or ask a teacher',
  });
}
