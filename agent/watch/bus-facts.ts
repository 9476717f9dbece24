/**
 * What a service on the system bus says of itself, kept up to date: read when the watch begins, when the
 * service comes or comes back, and as it announces changes. What it said holds for as long as it is there.
 */
import { type Bus, DAEMON, type Target } from '../../shared/system/bus.ts';

/** By the interface they belong to; undefined while nothing is known. */
export type Facts = Record<string, unknown> | undefined;

/** A service that is there and does not answer is asked again after this, then after twice as long. In ms. */
const FIRST_AGAIN_MS = 60_000;
const LONGEST_AGAIN_MS = 30 * 60_000;
/** Errors of a bus on which nobody has the name: somebody who takes it is announced. */
const ABSENT = /\.(ServiceUnknown|NameHasNoOwner|Spawn\.\w+)$/;

export class BusFacts implements Disposable {
  readonly #bus: Bus;
  readonly #targets: readonly Target[];
  readonly #tell: (facts: Facts, reason?: unknown) => void;
  #known = new Map<Target, Record<string, unknown>>();
  #again: NodeJS.Timeout | undefined;
  #failures = 0;
  #isOver = false;
  /** What was read before the service went, or the watch ended, does not count. */
  #life = 0;
  /** The life of which an answer is waited for. */
  #asked: number | undefined;
  /** Something changed since that was asked: the answer may be older, and comes first where both come at once. */
  #isStale = false;

  private constructor(
    bus: Bus,
    targets: readonly Target[],
    tell: (facts: Facts, reason?: unknown) => void,
  ) {
    this.#bus = bus;
    this.#targets = targets;
    this.#tell = tell;
  }

  /**
   * Follows the properties of these objects of one service. Calls `tell` with all of them together, now and
   * at each change, and with undefined and the reason when the service is not there or answers an error.
   * Resolves after the first call.
   */
  static async follow(
    bus: Bus,
    targets: readonly Target[],
    tell: (facts: Facts, reason?: unknown) => void,
  ): Promise<BusFacts> {
    const facts = new BusFacts(bus, targets, tell);
    const name = targets[0]?.name ?? '';
    await bus.onSignal(DAEMON, 'NameOwnerChanged', (body) => facts.#onOwner(name, body), name);
    for (const target of targets) {
      await bus.onProperties(target, (changed) => facts.#onChange(target, changed));
    }
    await facts.read();
    return facts;
  }

  /** Asks the service for everything anew. */
  async read(): Promise<void> {
    const life = this.#life;
    if (this.#asked === life) return;
    this.#asked = life;
    this.#isStale = false;
    clearTimeout(this.#again);
    try {
      const read = await Promise.all(this.#targets.map((one) => this.#bus.properties(one)));
      if (life !== this.#life) return;
      this.#failures = 0;
      this.#known = new Map(this.#targets.map((target, n) => [target, read[n] ?? {}]));
      this.#say();
    } catch (error) {
      if (life !== this.#life) return;
      this.#forget(error);
      if (!isAbsence(error)) this.#tryAgain();
    } finally {
      if (this.#asked === life) this.#asked = undefined;
    }
    if (this.#isStale && this.#failures === 0) await this.read();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#life += 1;
    clearTimeout(this.#again);
  }

  #onOwner(name: string, [changed, , owner]: unknown[]): void {
    if (changed !== name || this.#isOver) return;
    this.#life += 1;
    if (owner === '') this.#forget(new Error(`${name} has left the bus`));
    else void this.read();
  }

  #onChange(target: Target, changed: Record<string, unknown>): void {
    if (this.#isOver) return;
    if (this.#asked === this.#life) this.#isStale = true;
    const known = this.#known.get(target);
    // Who announces something answers again: what else it knows is not to be guessed.
    if (!known) return void this.read();
    Object.assign(known, changed);
    this.#say();
  }

  #say(): void {
    this.#tell(Object.assign({}, ...this.#known.values()));
  }

  #forget(reason: unknown): void {
    clearTimeout(this.#again);
    this.#known = new Map();
    this.#tell(undefined, reason);
  }

  #tryAgain(): void {
    const ms = Math.min(FIRST_AGAIN_MS * 2 ** this.#failures, LONGEST_AGAIN_MS);
    this.#failures += 1;
    this.#again = setTimeout(() => void this.read(), ms).unref();
  }
}

function isAbsence(error: unknown): boolean {
  const { type } = (error ?? {}) as { type?: unknown };
  return typeof type === 'string' && ABSENT.test(type);
}
