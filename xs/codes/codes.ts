/**
 * Codes with which a child signs in on the pages, once and within a day: one of each laptop, a new one in place
 * of the one before. In a file of the state folder, as hashes that are slow to guess from; so a code outlives a
 * power cut. A file of which a bit is wrong, or that is lost, costs a teacher another code, no more.
 */
import { randomBytes, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { DAY_MS } from '../../shared/clock.ts';
import { idSchema } from '../../shared/id-schema.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { formatSummed, parseSummed } from '../../shared/system/summed.ts';
import type { Audit } from '../registration/audit.ts';
import type { Registrations } from '../registration/registration.ts';
import type { Timeline } from '../retention/timeline.ts';
import { inState, type Paths } from '../storage/paths.ts';
import { withReserve } from '../storage/reserve.ts';
import { newCode } from './code-text.ts';

/** How long a code is good, by the library's timeline, in milliseconds. */
export const CODE_LIFE_MS = DAY_MS;
/** scrypt's N: 4 MB and about 10 ms for each try. */
const COST = 1 << 12;
const HASH_BYTES = 32;

const base64 = v.pipe(v.string(), v.base64());
const schema = v.strictObject({
  version: v.literal(1),
  salt: base64,
  codes: v.array(
    v.strictObject({
      serial: idSchema(parseSerial),
      hash: base64,
      /** On the library's timeline. */
      at: v.number(),
      /** The teacher who gave it; null for the terminal. */
      by: v.nullable(v.string()),
    }),
  ),
});
type CodeFile = v.InferOutput<typeof schema>;

export interface CodeContext {
  paths: Paths;
  timeline: Pick<Timeline, 'now'>;
  registrations: Pick<Registrations, 'checkActive' | 'isActive'>;
  audit: Pick<Audit, 'decided' | 'admitted' | 'teacher'>;
}

/**
 * A new code for the child of this laptop. What was given before is worth nothing any more. Throws
 * `not-registered`, and `server-refused` for a laptop that is out of use.
 */
export function giveCode(context: CodeContext, serial: Serial): string {
  const { paths, timeline, registrations, audit } = context;
  registrations.checkActive(serial);
  const { salt, codes } = readCodes(paths);
  const code = newCode();
  const { at } = timeline.now();
  const others = codes.filter((one) => one.serial !== serial && isGood(one, at));
  const by = audit.teacher ?? null;
  write(paths, { salt, codes: [...others, { serial, hash: hashOf(code, salt), at, by }] });
  audit.decided('code-given', serial);
  return code;
}

/**
 * The laptop whose child has this code, and who gave it. It is used up: on the disk, before it is answered.
 * Undefined for one that is unknown, used, too old, or of a laptop out of use. Costs some 10 ms.
 */
export function useCode(
  context: CodeContext,
  code: string,
  address: string,
): { serial: Serial; by: string | null } | undefined {
  const { paths, timeline, registrations, audit } = context;
  const { salt, codes } = readCodes(paths);
  const hash = hashOf(code, salt);
  const found = codes.find((one) => one.hash === hash);
  if (!found) return undefined;
  write(paths, { salt, codes: codes.filter((one) => one !== found) });
  const { serial, by } = found;
  if (!isGood(found, timeline.now().at) || !registrations.isActive(serial)) return undefined;
  audit.admitted('code-used', serial, { address });
  return { serial, by };
}

/** Ends the codes that `isOver` names. */
export function endCodes(
  paths: Paths,
  isOver: (code: { serial: Serial; by: string | null }) => boolean,
): void {
  const { salt, codes } = readCodes(paths);
  const left = codes.filter((one) => !isOver(one));
  if (left.length < codes.length) write(paths, { salt, codes: left });
}

/** A timeline that has lost its memory may begin before a code was given: that code is over. */
function isGood({ at }: { at: number }, now: number): boolean {
  return now >= at && now - at < CODE_LIFE_MS;
}

/** All tries cost the same: no code is looked at before its hash is there. */
function hashOf(code: string, salt: string): string {
  const options = { N: COST, r: 8, p: 1 };
  return scryptSync(code, Buffer.from(salt, 'base64'), HASH_BYTES, options).toString('base64');
}

function readCodes(paths: Paths): CodeFile {
  try {
    return v.parse(schema, parseSummed(readFileSync(inState(paths).codes, 'utf8')));
  } catch {
    return { version: 1, salt: randomBytes(16).toString('base64'), codes: [] };
  }
}

function write(paths: Paths, { salt, codes }: Omit<CodeFile, 'version'>): void {
  const text = formatSummed({ version: 1, salt, codes });
  withReserve(paths, () => writeFileDurably(inState(paths).codes, text, 0o600));
}
