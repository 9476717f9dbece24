/**
 * One piece of work at a time. Long work passes between its pieces: whoever waits and has used the least goes
 * next, so nobody waits for more than a piece of somebody else's work, however much that is. What was used
 * is forgotten with time: half of it in ten minutes.
 */
export interface Turn {
  /** Lets those who wait and have used less go first. Returns at once when there are none. */
  pass(): Promise<void>;
  /** Whether somebody waits who has used far less: no reason to go on until the turn is over. */
  isWanted(): boolean;
  /** Waits for something that needs no turn (the disk, another program), while others have one. */
  aside<T>(work: () => Promise<T>): Promise<T>;
}

const HALF_LIFE_MS = 10 * 60_000;
/** What somebody has used less is far less, in milliseconds. */
const FAR_LESS_MS = 10;
/** Who has used less than this is not remembered, in milliseconds. */
const NOTHING_MS = 1;

interface Waiting {
  who: string;
  go: () => void;
}

export class FairTurns {
  readonly #monotonicMs: () => number;
  readonly #waiting: Waiting[] = [];
  /** How long each had a turn, in milliseconds, as of a moment. */
  readonly #used = new Map<string, { ms: number; at: number }>();
  /** Whose turn it is, and since when. */
  #holder: { who: string; since: number } | undefined;

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  /** Runs `work` of somebody when its turn has come; its failure goes to the caller only. */
  async run<T>(who: string, work: (turn: Turn) => Promise<T>): Promise<T> {
    await this.#take(who);
    try {
      return await work({
        pass: () => this.#pass(who),
        isWanted: () => this.#isWanted(who),
        aside: (other) => this.#aside(who, other),
      });
    } finally {
      this.#release();
    }
  }

  async #pass(who: string): Promise<void> {
    this.#count();
    const mine = this.#usedBy(who);
    if (!this.#waiting.some((one) => this.#usedBy(one.who) < mine)) return;
    const again = this.#take(who);
    this.#release();
    await again;
  }

  #isWanted(who: string): boolean {
    if (this.#waiting.length === 0) return false;
    this.#count();
    const mine = this.#usedBy(who);
    return this.#waiting.some((one) => this.#usedBy(one.who) <= mine - FAR_LESS_MS);
  }

  async #aside<T>(who: string, work: () => Promise<T>): Promise<T> {
    this.#release();
    try {
      return await work();
    } finally {
      await this.#take(who);
    }
  }

  async #take(who: string): Promise<void> {
    if (this.#holder) await new Promise<void>((go) => this.#waiting.push({ who, go }));
    this.#holder = { who, since: this.#monotonicMs() };
  }

  /** Hands the turn over, so that nobody can take it in between. */
  #release(): void {
    this.#count();
    const least = this.#waiting.reduce<Waiting | undefined>(
      (best, one) => (best && this.#usedBy(best.who) <= this.#usedBy(one.who) ? best : one),
      undefined,
    );
    if (!least) {
      this.#holder = undefined;
      return;
    }
    this.#waiting.splice(this.#waiting.indexOf(least), 1);
    this.#holder = { who: least.who, since: this.#monotonicMs() };
    least.go();
  }

  /** Adds the time since the turn began, or was last counted. */
  #count(): void {
    if (!this.#holder) return;
    const { who, since } = this.#holder;
    const now = this.#monotonicMs();
    const ms = this.#usedBy(who) + now - since;
    this.#holder.since = now;
    this.#used.delete(who);
    this.#used.set(who, { ms, at: now });
    for (const one of this.#used.keys()) {
      if (this.#usedBy(one) >= NOTHING_MS) break; // the others were used later
      this.#used.delete(one);
    }
  }

  #usedBy(who: string): number {
    const used = this.#used.get(who);
    if (!used) return 0;
    return used.ms * 2 ** (-(this.#monotonicMs() - used.at) / HALF_LIFE_MS);
  }
}
