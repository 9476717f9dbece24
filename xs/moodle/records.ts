/**
 * Which Moodles are trusted, and which account of one opens which Journal: `.moodle.json` in the library,
 * complete or not at all. A Journal has at most one account of a Moodle, and an account one Journal. A damaged
 * file, of which a single bit may be wrong, lets nobody in by Moodle, and stops nothing else.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Clock } from '../../shared/clock.ts';
import { DsError, isErrno } from '../../shared/errors.ts';
import { idSchema } from '../../shared/id-schema.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { formatSummed, parseSummed } from '../../shared/system/summed.ts';
import { inLibrary, type Paths } from '../storage/paths.ts';
import { withReserve } from '../storage/reserve.ts';
import { setAside } from '../storage/snapshots.ts';
import { type Platform, platformSchema } from './platform.ts';

const bindingSchema = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[\w-]{22}$/)),
  platform: v.string(),
  /** The account, as Moodle numbers it. */
  sub: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  /** As it was called when it was bound; null where Moodle shared no name. */
  name: v.nullable(v.string()),
  serial: idSchema(parseSerial),
  since: v.string(),
});
/** An account that opens a Journal. */
export type Binding = v.InferOutput<typeof bindingSchema>;

const schema = v.strictObject({
  version: v.literal(1),
  platforms: v.array(platformSchema),
  bindings: v.array(bindingSchema),
});
type Content = v.InferOutput<typeof schema>;

const MAX_PLATFORMS = 20;

export class MoodleRecords {
  readonly #paths: Paths;
  readonly #clock: Clock;
  #content: Content = { version: 1, platforms: [], bindings: [] };
  /** Why the file cannot be used. */
  #damage: DsError | undefined;

  /** Reads the file. */
  constructor(paths: Paths, clock: Clock) {
    this.#paths = paths;
    this.#clock = clock;
    try {
      const text = readFileSync(inLibrary(paths).moodle, 'utf8');
      this.#content = v.parse(schema, parseSummed(text));
    } catch (cause) {
      if (isErrno(cause, 'ENOENT')) return;
      this.#damage = new DsError('damaged', `${inLibrary(paths).moodle} cannot be read`, {
        hint: 'nobody signs on by Moodle until it is added again: "xs-backup moodle add"',
        cause,
      });
    }
  }

  /** Throws `damaged` where the file could not be read. */
  check(): void {
    if (this.#damage) throw this.#damage;
  }

  platforms(): readonly Platform[] {
    return this.#content.platforms;
  }

  platform(id: string): Platform | undefined {
    return this.#content.platforms.find((one) => one.id === id);
  }

  /** The one that begins a launch. */
  find(issuer: string, client: string): Platform | undefined {
    return this.#content.platforms.find((one) => one.issuer === issuer && one.client === client);
  }

  /**
   * Trusts a Moodle from now on. One of the same address that was there before is forgotten with all its
   * accounts: who vouched then is not who vouches now. Returns how many accounts that were.
   */
  add(platform: Omit<Platform, 'id' | 'added'>): { platform: Platform; dropped: number } {
    const others = this.#content.platforms.filter(({ issuer }) => issuer !== platform.issuer);
    if (others.length >= MAX_PLATFORMS) {
      throw new DsError('bad-input', `no more than ${MAX_PLATFORMS} Moodles can be added`, {
        hint: '"xs-backup moodle list" shows them, "moodle forget WWWROOT" removes one',
      });
    }
    const added = { ...platform, id: newId(), added: this.#clock.now().toISOString() };
    const dropped = this.#write([...others, added], this.#content.bindings);
    return { platform: added, dropped };
  }

  /** Returns how many accounts it had. Throws `not-found`. */
  forget(issuer: string): number {
    const others = this.#content.platforms.filter((one) => one.issuer !== issuer);
    if (others.length === this.#content.platforms.length) {
      throw new DsError('not-found', `no Moodle ${JSON.stringify(issuer)} was added`, {
        hint: '"xs-backup moodle list" shows them',
      });
    }
    return this.#write(others, this.#content.bindings);
  }

  bindings(serial?: Serial): readonly Binding[] {
    const { bindings } = this.#content;
    return serial === undefined ? bindings : bindings.filter((one) => one.serial === serial);
  }

  /** Undefined once it was ended. */
  binding(id: string): Binding | undefined {
    return this.#content.bindings.find((one) => one.id === id);
  }

  /** The Journal that an account opens. */
  boundTo(platform: string, sub: string): Binding | undefined {
    return this.#content.bindings.find((one) => one.platform === platform && one.sub === sub);
  }

  /** Throws `bad-input` where the Journal or the account has another one. */
  bind(what: Pick<Binding, 'platform' | 'sub' | 'name' | 'serial'>): Binding {
    const { platforms, bindings } = this.#content;
    if (!this.platform(what.platform)) throw new DsError('bad-input', 'this Moodle was forgotten');
    const taken = bindings.some(
      ({ platform, sub, serial }) =>
        platform === what.platform && (sub === what.sub || serial === what.serial),
    );
    if (taken)
      throw new DsError('bad-input', 'this Journal or this account has another one already');
    const bound = { ...what, id: newId(), since: this.#clock.now().toISOString() };
    this.#write(platforms, [...bindings, bound]);
    return bound;
  }

  /** Ends those that are meant, and returns them. */
  end(isMeant: (binding: Binding) => boolean): Binding[] {
    const { platforms, bindings } = this.#content;
    const ended = bindings.filter(isMeant);
    if (ended.length > 0) {
      this.#write(
        platforms,
        bindings.filter((one) => !ended.includes(one)),
      );
    }
    return ended;
  }

  /** Returns how many bindings were dropped with their platforms. What is taken away is so at once, whatever the disk does. */
  #write(platforms: Platform[], bindings: readonly Binding[]): number {
    const before = this.#content;
    const kept = bindings.filter(({ platform }) => platforms.some(({ id }) => id === platform));
    const next: Content = { version: 1, platforms, bindings: kept };
    this.#content = {
      version: 1,
      platforms: before.platforms.filter((one) => platforms.includes(one)),
      bindings: before.bindings.filter((one) => kept.includes(one)),
    };
    const { moodle } = inLibrary(this.#paths);
    withReserve(this.#paths, () => {
      if (this.#damage && lstatSync(moodle, { throwIfNoEntry: false })) setAside(moodle);
      writeFileDurably(moodle, formatSummed(next), 0o600);
    });
    this.#damage = undefined;
    this.#content = next;
    return bindings.length - kept.length;
  }
}

function newId(): string {
  return randomBytes(16).toString('base64url');
}
