/**
 * `enrolment.json`: what the server last said to this laptop, the digits of the introduction, and how far
 * the server is trusted (PROTOCOL.md, "On the laptop's disk").
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { asDsError, isErrno } from '../../shared/errors.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { type EnrolAnswer, parseEnrolAnswer } from '../../shared/protocol/messages.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { Config } from '../config.ts';
import type { Paths } from '../paths.ts';
import { readHostKey } from '../wire/host-key.ts';

/** The server's answer to the laptop of this serial, and what the laptop remembers of the introduction. */
export interface Enrolment extends EnrolAnswer {
  serial: Serial;
  /** Six digits that a teacher types; empty after an enrolment by an older version. */
  code: string;
  /** Six digits that the server shows after that; never shown by the laptop. */
  answer: string;
  /**
   * Whether a person stands for the host key: by the answer digits, or, as the pinned server itself says,
   * by the code that a teacher has typed.
   */
  confirmed: boolean;
  /** The server was not reached where it should be: it is asked for its address again. */
  moved: boolean;
}

const digits = v.pipe(v.string(), v.regex(/^\d{6}$/));
const moreSchema = v.object({
  code: v.fallback(v.optional(digits, ''), ''),
  answer: v.fallback(v.optional(digits, ''), ''),
  confirmed: v.fallback(v.optional(v.boolean(), false), false),
  moved: v.fallback(v.optional(v.boolean(), false), false),
});

/** What the laptop knows of the server's key. `given`: by the settings, before any server was met. */
export type ServerTrust = 'none' | 'unconfirmed' | 'confirmed' | 'given';

/** The last answer to the laptop of this serial; undefined when absent or unusable. */
export function readEnrolment(paths: Paths, serial: Serial | undefined): Enrolment | undefined {
  try {
    const text = readFileSync(paths.enrolment, 'utf8');
    const answer = parseEnrolAnswer(text);
    const all = JSON.parse(text);
    if (parseSerial(all.serial) !== serial) return undefined;
    return { ...answer, serial, ...v.parse(moreSchema, all) };
  } catch (error) {
    const isUnusable = ['bad-input', 'bad-id'].includes(asDsError(error).code);
    if (isErrno(error, 'ENOENT') || isUnusable) return undefined;
    throw error;
  }
}

export function writeEnrolment(paths: Paths, enrolment: Enrolment): void {
  const { serial, state, hostKey, sshPort, login, code, answer, confirmed, moved } = enrolment;
  const kept = { serial, state, hostKey, sshPort, login, code, answer, confirmed, moved };
  writeFileDurably(paths.enrolment, `${JSON.stringify(kept)}\n`, 0o600);
}

/** Pure but for the pinned key, which is read. */
export function trustIn(
  config: Config,
  paths: Paths,
  enrolment: Enrolment | undefined,
): ServerTrust {
  if (config['server-key'] !== undefined) return 'given';
  if (enrolment?.confirmed) return 'confirmed';
  return enrolment || readHostKey(paths) ? 'unconfirmed' : 'none';
}

/** Whether anything may be sent: the key is accepted and pinned, and trusted as far as the settings want. */
export function isUsable(config: Config, paths: Paths, enrolment: Enrolment): boolean {
  const pinned = readHostKey(paths);
  const given = config['server-key'];
  if (enrolment.state !== 'accepted' || enrolment.moved || pinned === undefined) return false;
  if (given !== undefined) return parsePublicKey(given).line === pinned;
  return config.trust === 'first-use' || enrolment.confirmed;
}
