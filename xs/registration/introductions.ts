/**
 * The server's side of introductions (PROTOCOL.md, "The introduction"): answers a commitment with a nonce,
 * and believes a reveal only if it matches its commitment and is signed by the key that it shows. Each
 * exchange is used once and expires. In memory only.
 *
 * Whoever commits learns the server's nonce, can work out the digits and give up unseen. Therefore every
 * commitment counts as an attempt, whether it is revealed or not: an attacker who wants the digits of a
 * laptop's screen has so many chances in a million an hour as a serial has attempts.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import {
  type Codes,
  codesOf,
  commitmentTo,
  isSignedBy,
  type Offer,
  transcriptOf,
} from '../../shared/protocol/introduction.ts';
import type { CommitRequest, RevealRequest } from '../../shared/protocol/messages.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { Pace } from './pace.ts';

/** What the server offers to every laptop. */
export type ServerFacts = Pick<Offer, 'hostKey' | 'sshPort' | 'login'>;

/** A key whose holder has signed the exchange. */
export interface Introduced {
  serial: Serial;
  uuid: string;
  key: string;
  codes: Codes;
}

interface Open {
  offer: Offer;
  request: CommitRequest;
  address: string;
  /** By the monotonic clock. */
  expiresMs: number;
}

/** A laptop reveals at once; a slow network gets some seconds. */
const LIFETIME_MS = 60_000;
const MAX_OPEN = 1000;
const MAX_OPEN_PER_ADDRESS = 20;

/** Everything from one address: a class behind one access point, or a flood. */
const PER_ADDRESS = { perHour: 120, free: 120, pauseSeconds: 0 };
/** For one serial from one address, so that a stranger does not use up what the child's laptop needs. */
const PER_SERIAL_AND_ADDRESS = { perHour: 8, free: 3, pauseSeconds: 10 };
/** For one serial from everywhere: an attacker's chances in a million per hour. */
const PER_SERIAL = { perHour: 60, free: 60, pauseSeconds: 0 };

export class Introductions {
  readonly #clock: Clock;
  readonly #server: ServerFacts;
  readonly #open = new Map<string, Open>();
  readonly #byAddress: Pace;
  readonly #bySerialAndAddress: Pace;
  readonly #bySerial: Pace;
  #refused = 0;

  constructor(clock: Clock, server: ServerFacts) {
    this.#clock = clock;
    this.#server = server;
    this.#byAddress = new Pace(clock, PER_ADDRESS);
    this.#bySerialAndAddress = new Pace(clock, PER_SERIAL_AND_ADDRESS);
    this.#bySerial = new Pace(clock, PER_SERIAL);
  }

  /** How many attempts were refused because there were too many, or because they were forged. */
  get refused(): number {
    return this.#refused;
  }

  /** Opens an exchange. Throws `server-busy` beyond the limits. */
  commit(request: CommitRequest, address: string): Offer {
    const { serial } = request;
    this.#expire();
    const here = [...this.#open.values()].filter((one) => one.address === address).length;
    const wait = Math.max(
      here >= MAX_OPEN_PER_ADDRESS ? LIFETIME_MS / 1000 : 0,
      this.#byAddress.waitSeconds(address),
      this.#bySerialAndAddress.waitSeconds(`${serial} ${address}`),
      this.#bySerial.waitSeconds(serial),
    );
    if (wait > 0) throw this.#refuse(tooMany(wait));
    this.#byAddress.count(address);
    this.#bySerialAndAddress.count(`${serial} ${address}`);
    this.#bySerial.count(serial);
    if (this.#open.size >= MAX_OPEN) this.#giveUp();
    const exchange = randomBytes(16).toString('hex');
    const offer = { exchange, nonce: randomBytes(32).toString('hex'), ...this.#server };
    const expiresMs = this.#clock.monotonicMs() + LIFETIME_MS;
    this.#open.set(exchange, { offer, request, address, expiresMs });
    return offer;
  }

  /** Ends an exchange. Throws `not-found` for one that is over, `bad-input` for a forged one. */
  reveal({ exchange, nonce, key, signature }: RevealRequest): Introduced {
    this.#expire();
    const open = this.#open.get(exchange);
    if (!open) {
      throw this.#refuse(
        new DsError('not-found', 'this introduction is over; begin again', { retry: true }),
      );
    }
    this.#open.delete(exchange);
    const { line, type } = parsePublicKey(key);
    if (type !== 'ssh-ed25519') throw this.#forged('the key must be ed25519');
    const { serial, uuid, commitment } = open.request;
    const secret = { serial, uuid, nonce, key: line };
    if (commitmentTo(secret) !== commitment) throw this.#forged('not what was committed to');
    const transcript = transcriptOf(secret, open.offer);
    if (!isSignedBy(line, transcript, signature)) throw this.#forged('not signed by this key');
    return { serial, uuid, key: line, codes: codesOf(transcript) };
  }

  /** Ends the oldest exchange of the address that has begun the most: it has been counted all the same. */
  #giveUp(): void {
    const begun = new Map<string, string[]>();
    for (const [name, { address }] of this.#open) {
      begun.set(address, [...(begun.get(address) ?? []), name]);
    }
    const [most = []] = [...begun.values()].sort((a, b) => b.length - a.length);
    if (most[0] !== undefined) this.#open.delete(most[0]);
  }

  #expire(): void {
    const now = this.#clock.monotonicMs();
    for (const [name, { expiresMs }] of this.#open) {
      if (expiresMs > now) return; // in the order of their beginning
      this.#open.delete(name);
    }
  }

  #forged(why: string): DsError {
    return this.#refuse(new DsError('bad-input', `a forged introduction: ${why}`));
  }

  #refuse(error: DsError): DsError {
    this.#refused += 1;
    return error;
  }
}

function tooMany(seconds: number): DsError {
  return new DsError('server-busy', `too many attempts; try again in ${seconds} seconds`, {
    hint: 'somebody may be trying to pass for this laptop',
    retry: true,
    retryAfterSeconds: seconds,
  });
}
