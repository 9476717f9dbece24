/**
 * The second step of a launch: what Moodle signed. RS256 by a pinned key, for us, for this very launch; anything
 * else is refused. No clock is trusted: the nonce shows that it was signed after the first step, so its age is
 * less than ours since then, and a wrong clock on either side locks nobody out.
 */
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import * as v from 'valibot';
import { DsError } from '../../shared/errors.ts';
import type { Platform } from './platform.ts';
import type { Begun } from './states.ts';

/** Who came, in Moodle's words. Nothing but `sub` identifies anybody: the name is only shown. */
export interface Launched {
  sub: string;
  /** As the account has it, which its owner may have edited; null where Moodle shares none. */
  name: string | null;
  /** Moodle shows us in a frame of a page of its own. */
  framed: boolean;
}

/** Why a launch is refused; for the log. `key`: signed by a Moodle that we do not know. */
export type RefusedFor = 'state' | 'token' | 'key' | 'claims' | 'again' | 'late' | 'moodle';

export class LaunchRefused extends DsError {
  readonly why: RefusedFor;

  constructor(why: RefusedFor, message: string, cause?: unknown) {
    super('server-refused', message, cause === undefined ? {} : { cause });
    this.why = why;
  }
}

const MAX_TOKEN = 12_000;
const MAX_NAME = 100;
/** The longest that one may say it is valid, in seconds. */
const MAX_LIFE = 3600;
/** Beyond what it says, in seconds: a slow box. */
const LEEWAY = 240;

const LTI = 'https://purl.imsglobal.org/spec/lti/claim/';
const claimsSchema = v.object({
  sub: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/)),
  nonce: v.string(),
  aud: v.union([v.string(), v.pipe(v.array(v.string()), v.length(1))]),
  azp: v.optional(v.string()),
  iat: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 40)),
  exp: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 40)),
  name: v.optional(v.string()),
  [`${LTI}version`]: v.literal('1.3.0'),
  [`${LTI}message_type`]: v.literal('LtiResourceLinkRequest'),
  [`${LTI}deployment_id`]: v.string(),
  [`${LTI}launch_presentation`]: v.optional(v.object({ document_target: v.optional(v.unknown()) })),
});

/** Who came with this token. Throws `LaunchRefused`. */
export async function verifyLaunch(
  token: unknown,
  platform: Platform,
  { nonce, ageMs }: Pick<Begun, 'nonce' | 'ageMs'>,
): Promise<Launched> {
  if (typeof token !== 'string' || token.length > MAX_TOKEN) {
    throw new LaunchRefused('token', 'there is no token, or it is too long');
  }
  const claims = readClaims(await signedBy(token, platform));
  const deployment = claims[`${LTI}deployment_id`];
  if (deployment !== platform.deployment) throw wrong(`deployment ${String(deployment)}`);
  if (claims.azp !== undefined && claims.azp !== platform.client) throw wrong('azp');
  if (claims.nonce !== nonce) throw wrong('nonce');
  const life = claims.exp - claims.iat;
  if (!(life > 0 && life <= MAX_LIFE)) throw wrong('iat and exp');
  if (ageMs / 1000 > life + LEEWAY) throw new LaunchRefused('late', 'it came too late');
  const shown = claims[`${LTI}launch_presentation`] as { document_target?: unknown } | undefined;
  return {
    sub: claims.sub,
    name: plainName(claims.name),
    framed: shown?.document_target === 'iframe',
  };
}

function wrong(what: string): LaunchRefused {
  return new LaunchRefused('claims', `the token is for something else: ${what}`);
}

function readClaims(payload: unknown): v.InferOutput<typeof claimsSchema> {
  const read = v.safeParse(claimsSchema, payload);
  if (read.success) return read.output;
  const [{ path }] = read.issues;
  throw wrong(String(path?.[0]?.key ?? 'its content'));
}

/** What the token says, once its signature, issuer and audience are right. */
async function signedBy(token: string, platform: Platform): Promise<unknown> {
  const { kid } = headerOf(token);
  const known = platform.keys.find((one) => one.kid === kid);
  if (!known) {
    throw new LaunchRefused(
      'key',
      'signed by a key that this Moodle did not have when it was added',
    );
  }
  try {
    const key = await importJWK({ kty: 'RSA', alg: 'RS256', n: known.n, e: known.e });
    const { payload } = await jwtVerify(token, key, {
      ...{ algorithms: ['RS256'], issuer: platform.issuer, audience: platform.client },
      requiredClaims: ['iss', 'aud', 'sub', 'nonce', 'iat', 'exp'],
      // Its own time: whether it is too old is judged by ours since the first step.
      currentDate: new Date(1000 * (decodeJwt(token).iat ?? Number.NaN)),
    });
    return payload;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LaunchRefused('token', reason, cause);
  }
}

function headerOf(token: string): { kid?: unknown } {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw new LaunchRefused('token', 'this is not a signed token', cause);
  }
}

/** Without control characters, nor any that turn the direction of the text around it. */
function plainName(name: string | undefined): string | null {
  const plain = (name ?? '').replace(/[\p{C}\s]+/gu, ' ').trim();
  return plain === '' ? null : [...plain].slice(0, MAX_NAME).join('');
}
