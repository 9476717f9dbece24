/**
 * The server's side of a quiet day (PROTOCOL.md): draws numbers, checks what laptops make of them, and
 * answers in kind. Keys lie in the laptops' folders; numbers live in memory and for one use only.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../shared/clock.ts';
import { isErrno } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import { parseQuietAnswer } from '../../shared/protocol/messages.ts';
import { answerMac, claimMac, QUIET_KEY_BYTES, sameMac } from '../../shared/protocol/quiet-day.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { Library } from '../library.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { confirmUnchanged } from './unchanged.ts';

/** How long a number may be used, in milliseconds: the slowest laptop answers within seconds. */
const NONCE_MS = 60_000;
const NONCE_BYTES = 16;

/** The key of a laptop; made when it is asked for first. To be told over SSH only. */
export function quietKey(paths: Paths, serial: Serial): Buffer {
  const known = readKey(paths, serial);
  if (known) return known;
  const key = randomBytes(QUIET_KEY_BYTES);
  writeFileDurably(inLaptop(paths, serial).quietKey, `${key.toString('base64')}\n`, 0o600);
  return key;
}

function readKey(paths: Paths, serial: Serial): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(inLaptop(paths, serial).quietKey, 'latin1'), 'base64');
    return key.length === QUIET_KEY_BYTES ? key : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** One number a laptop at a time: whoever asks again makes the last one worthless. */
export class Nonces {
  readonly #clock: Clock;
  readonly #drawn = new Map<Serial, { nonce: string; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  draw(serial: Serial): string {
    const nonce = randomBytes(NONCE_BYTES).toString('hex');
    this.#drawn.set(serial, { nonce, until: this.#clock.monotonicMs() + NONCE_MS });
    return nonce;
  }

  /** Whether this number was drawn for this laptop and not used yet; it is used now. */
  use(serial: Serial, nonce: string): boolean {
    const drawn = this.#drawn.get(serial);
    this.#drawn.delete(serial);
    return drawn !== undefined && drawn.until > this.#clock.monotonicMs() && drawn.nonce === nonce;
  }
}

/** Adds the two requests to the plain-HTTP side. */
export function addQuietRoutes(app: FastifyInstance, library: Library): void {
  const { paths, registrations, clock, log } = library;
  const nonces = new Nonces(clock);
  const known = (name: string) => {
    const serial = tryParse(parseSerial, name);
    return serial && registrations.isActive(serial) ? serial : undefined;
  };

  app.get<{ Params: { serial: string } }>('/backup/1/unchanged/:serial', async (request, reply) => {
    const serial = known(request.params.serial);
    if (!serial) return reply.status(403).send({});
    return { nonce: nonces.draw(serial) };
  });

  app.post<{ Params: { serial: string } }>(
    '/backup/1/unchanged/:serial',
    async (request, reply) => {
      const serial = known(request.params.serial);
      const answer = parseQuietAnswer(request.body);
      const key = serial && readKey(paths, serial);
      if (!serial || !key || !nonces.use(serial, answer.nonce)) return reply.status(409).send({});
      const claim = { serial, ...answer };
      if (!sameMac(claimMac(key, claim), answer.mac)) {
        log.warn('quiet-day-refused', { serial, reason: 'the answer is not the laptop’s' });
        return reply.status(409).send({});
      }
      if (confirmUnchanged(library, serial, answer) !== 'safe') return reply.status(409).send({});
      return { mac: answerMac(key, claim) };
    },
  );
}
