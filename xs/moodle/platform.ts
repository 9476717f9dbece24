/**
 * What is known of a Moodle that signs children on. Its public keys are pinned when it is added: whoever has
 * others, such as a Moodle that was installed anew at the same address, is another one. Pure.
 */
import { createPublicKey } from 'node:crypto';
import * as v from 'valibot';
import { DsError } from '../../shared/errors.ts';

const keySchema = v.strictObject({
  kid: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,200}$/)),
  /** Modulus and exponent, in base64url. */
  n: v.pipe(v.string(), v.regex(/^[\w-]{1,1400}$/)),
  e: v.pipe(v.string(), v.regex(/^[\w-]{1,8}$/)),
});
type PlatformKey = v.InferOutput<typeof keySchema>;

/** A web address as it is compared and opened: nothing in it needs quoting, and it names no user. */
const address = v.pipe(
  v.string(),
  v.maxLength(300),
  v.regex(/^https?:\/\/(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:\/[\w.~%+-]*)*$/i),
  v.check((text) => URL.canParse(text)),
);
const word = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/));

export const platformSchema = v.strictObject({
  /** Of this record: a platform that is added again has another one. */
  id: v.pipe(v.string(), v.regex(/^[\w-]{22}$/)),
  /** Moodle's own address, which it signs as `iss`. */
  issuer: address,
  client: word,
  deployment: word,
  /** Where browsers are sent to be told apart. */
  auth: address,
  keys: v.pipe(v.array(keySchema), v.minLength(1), v.maxLength(10)),
  added: v.string(),
});
export type Platform = v.InferOutput<typeof platformSchema>;
type Given = Pick<Platform, 'issuer' | 'client' | 'deployment' | 'auth'> & { jwks: string };

/** Below this a key can be broken. */
const MIN_BITS = 2048;

/** What an admin has typed, with Moodle's own addresses as defaults. Throws `bad-input` naming the part. */
export function readPlatform(
  [wwwroot = '', client = '', deployment = '']: readonly string[],
  { auth, jwks }: { auth?: string | undefined; jwks?: string | undefined } = {},
): Given {
  // Moodle writes its address without a slash at the end, and signs it so.
  const issuer = checked(address, wwwroot.trim().replace(/\/+$/, ''), 'WWWROOT', A_WWWROOT);
  return {
    issuer,
    client: checked(word, client.trim(), 'CLIENT', 'copy "Client ID" from Moodle'),
    deployment: checked(word, deployment.trim(), 'DEPLOYMENT', 'copy "Deployment ID" from Moodle'),
    auth: checked(address, auth ?? `${issuer}/mod/lti/auth.php`, '--auth', AN_ADDRESS),
    jwks: jwks?.startsWith('/')
      ? jwks
      : checked(address, jwks ?? `${issuer}/mod/lti/certs.php`, '--jwks', AN_ADDRESS),
  };
}

const A_WWWROOT = 'the address of Moodle\'s first page, as in "http://box.lan/moodle"';
const AN_ADDRESS = 'a web address without a query, as Moodle shows it in the details of the tool';

function checked<T>(
  schema: v.GenericSchema<unknown, T>,
  text: string,
  what: string,
  hint: string,
): T {
  const read = v.safeParse(schema, text);
  if (read.success) return read.output;
  throw new DsError('bad-input', `${what} ${JSON.stringify(text.slice(0, 100))} cannot be used`, {
    hint,
  });
}

const jwksSchema = v.object({ keys: v.pipe(v.array(v.record(v.string(), v.unknown()))) });

/** The RSA keys for signatures in a JWKS. Throws `bad-input` when there is none that is good enough. */
export function readKeys(text: string): PlatformKey[] {
  const read = v.safeParse(jwksSchema, parseJson(text));
  const keys = read.success ? read.output.keys.flatMap((one) => keyOf(one) ?? []) : [];
  const kids = new Set(keys.map(({ kid }) => kid));
  if (keys.length > 0 && keys.length <= 10 && kids.size === keys.length) return keys;
  throw new DsError('bad-input', 'this is not a list of RSA keys of 2048 bits or more (a JWKS)', {
    hint: 'Moodle shows its address as "Public keyset URL" in the details of the tool; give that, or a file, as --jwks',
  });
}

function keyOf(one: Record<string, unknown>): PlatformKey | undefined {
  if (one.kty !== 'RSA' || (one.use !== undefined && one.use !== 'sig')) return undefined;
  if (one.alg !== undefined && one.alg !== 'RS256') return undefined;
  // Moodle's own base64 ends in "=".
  const plain = (text: unknown) => (typeof text === 'string' ? text.replace(/=+$/, '') : text);
  const read = v.safeParse(keySchema, { kid: one.kid, n: plain(one.n), e: plain(one.e) });
  return read.success && bitsOf(read.output) >= MIN_BITS ? read.output : undefined;
}

function bitsOf({ n, e }: PlatformKey): number {
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    return key.asymmetricKeyDetails?.modulusLength ?? 0;
  } catch {
    return 0;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
