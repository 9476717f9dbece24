/**
 * The first step of a launch: `state` and `nonce` for Moodle. The state is signed and holds all that the
 * second step needs, so strangers who begin launches cost no memory. Its key is made at each start:
 * nothing from before is good afterwards.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import type { Clock } from '../../shared/clock.ts';

const contentSchema = v.strictObject({
  platform: v.string(),
  /** Hash of the cookie of the browser that began. */
  browser: v.string(),
  nonce: v.string(),
  /** It began by the link that leads out of a frame, so it is in none, whatever Moodle says. */
  out: v.boolean(),
  /** By the monotonic clock, in milliseconds. */
  at: v.number(),
});
export type Begun = Omit<v.InferOutput<typeof contentSchema>, 'at'> & {
  /** Since the first step, in milliseconds. */
  ageMs: number;
};

/** Moodle asks nobody anything in between; but a box with a whole class in front of it is slow. */
const STATE_MS = 10 * 60_000;
const MAX_LENGTH = 1000;

export class LaunchStates {
  readonly #clock: Clock;
  readonly #secret = randomBytes(32);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  make({ platform, browser, out }: Omit<Begun, 'nonce' | 'ageMs'>): {
    state: string;
    nonce: string;
  } {
    const nonce = randomBytes(18).toString('base64url');
    const content = { platform, browser, nonce, out, at: this.#clock.monotonicMs() };
    const text = Buffer.from(JSON.stringify(content)).toString('base64url');
    return { state: `${text}.${this.#sign(text).toString('base64url')}`, nonce };
  }

  /** Undefined for one that is not ours, or too old. */
  read(state: unknown): Begun | undefined {
    if (typeof state !== 'string' || state.length > MAX_LENGTH) return undefined;
    const [, text = '', mac = ''] = /^([\w-]+)\.([\w-]+)$/.exec(state) ?? [];
    const [given, right] = [Buffer.from(mac, 'base64url'), this.#sign(text)];
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    const content = v.parse(contentSchema, JSON.parse(Buffer.from(text, 'base64url').toString()));
    const { at, ...begun } = content;
    const ageMs = this.#clock.monotonicMs() - at;
    return ageMs <= STATE_MS ? { ...begun, ageMs } : undefined;
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}
