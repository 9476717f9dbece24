/**
 * Whether an unknown laptop may register: the policy, the window that a teacher opens for some minutes,
 * and limits so that a flood of fake laptops neither fills the disk nor hides the real ones. Measured by
 * the monotonic clock: a wall clock that jumps leaves no window open.
 */
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';

export type Policy = 'open' | 'window' | 'closed';

export interface NewcomerRules {
  policy: Policy;
  /** New serials per hour, in total and from one address. */
  perHour: number;
  perAddress: number;
  /** Most registrations without any backup. */
  maxLaptops: number;
}

export interface NewcomerFacts {
  /** Whether the window is open; matters for the policy `window` only. */
  windowOpen: boolean;
  /** New serials within the last hour, in total and from this address. */
  lastHour: number;
  lastHourHere: number;
  unused: number;
}

export type NewcomerAnswer = { admit: true } | { admit: false; message: string; hint: string };

export interface WindowState {
  policy: Policy;
  /** Whether an unknown laptop may register now. */
  open: boolean;
  /** Remaining minutes of an open window, rounded up; null otherwise. */
  minutesLeft: number | null;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const WINDOW_HINT =
  'For a window only, set registration.policy = "window" in the configuration and start the service again';

/** Whether an unknown laptop may register, with a message for a teacher. */
export function judgeNewcomer(rules: NewcomerRules, facts: NewcomerFacts): NewcomerAnswer {
  const refuse = (message: string, hint: string) => ({ admit: false, message, hint }) as const;
  if (rules.policy === 'closed') {
    return refuse(
      'registration is switched off on this server',
      'an administrator can enable it: "registration.policy" in the configuration',
    );
  }
  if (rules.policy === 'window' && !facts.windowOpen) {
    return refuse(
      'registration is closed; a teacher can open it for some minutes',
      '"xs-backup register-window MINUTES" opens it',
    );
  }
  if (facts.lastHour >= rules.perHour || facts.lastHourHere >= rules.perAddress) {
    return refuse(
      'too many new laptops have registered within the last hour; try again in an hour',
      '"registration.perHour" and "registration.perAddress" in the configuration are the limits',
    );
  }
  if (facts.unused >= rules.maxLaptops) {
    return refuse(
      'too many laptops are registered here that have never made a backup',
      '"xs-backup laptops --unused" lists old ones, "xs-backup forget SERIAL" removes one',
    );
  }
  return { admit: true };
}

export class Newcomers {
  readonly #clock: Clock;
  readonly #rules: NewcomerRules;
  /** New serials of the last hour, the oldest first; never more than `perHour`. */
  #recent: { at: number; address: string }[] = [];
  #openUntil = Number.NEGATIVE_INFINITY;
  /** The last count of unused laptops; counting reads one folder per laptop. */
  #counted: { at: number; registered: number; unused: number } | undefined;

  constructor(clock: Clock, rules: NewcomerRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Opens the window from now on, or closes it (0). Throws `config` where the policy has none. */
  openWindow(minutes: number): void {
    const { policy } = this.#rules;
    if (policy !== 'window') {
      throw new DsError('config', `registration is always ${policy} on this server`, {
        hint: `${policy === 'open' ? 'laptops can register now. ' : ''}${WINDOW_HINT}`,
      });
    }
    this.#openUntil = this.#clock.monotonicMs() + minutes * MINUTE_MS;
  }

  window(): WindowState {
    const { policy } = this.#rules;
    const left = this.#openUntil - this.#clock.monotonicMs();
    const windowOpen = left > 0;
    return {
      policy,
      open: policy === 'open' || (policy === 'window' && windowOpen),
      minutesLeft: policy === 'window' && windowOpen ? Math.ceil(left / MINUTE_MS) : null,
    };
  }

  /** Throws `server-refused`. `registered` is the number of laptops; `countUnused` is slow. */
  check(address: string, registered: number, countUnused: () => number): void {
    const since = this.#clock.monotonicMs() - HOUR_MS;
    this.#recent = this.#recent.filter(({ at }) => at > since);
    const answer = judgeNewcomer(this.#rules, {
      windowOpen: this.window().open,
      lastHour: this.#recent.length,
      lastHourHere: this.#recent.filter((one) => one.address === address).length,
      unused: this.#unused(registered, countUnused),
    });
    if (!answer.admit) throw new DsError('server-refused', answer.message, { hint: answer.hint });
  }

  /** Records a new registration. */
  count(address: string): void {
    this.#recent.push({ at: this.#clock.monotonicMs(), address });
  }

  /** Counts at most once a minute: refused laptops may retry all day long. */
  #unused(registered: number, count: () => number): number {
    if (registered < this.#rules.maxLaptops) return 0;
    const at = this.#clock.monotonicMs();
    const last = this.#counted;
    if (last && last.registered === registered && at - last.at < MINUTE_MS) return last.unused;
    this.#counted = { at, registered, unused: count() };
    return this.#counted.unused;
  }
}
